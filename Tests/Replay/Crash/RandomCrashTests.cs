using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>
/// Several contexts on one journal make random calls, in an interleaving that the seed chooses, and are crashed at turns that it chooses,
/// in recoveries too; what is lost of the writes under way is its choice as well. Each recovery is judged, and the calls go on from there.
/// </summary>
public class RandomCrashTests(ITestOutputHelper output)
{
    private const int Contexts = 3;
    private const int CrashesEach = 12;
    private const int TurnsMax = 1500;
    private const int RecoveryTurnsMax = 80;
    private const int LeftMax = 256;

    [Fact]
    public async Task Any_crash_leaves_what_was_acknowledged()
    {
        var (crashes, acknowledged) = (0L, 0L);
        for (var seed = 1; seed <= CrashLength.Seeds; seed++)
        {
            var random = new Random(seed);
            RandomCaller[] callers = [.. Enumerable.Range(0, Contexts)
                .Select(i => new RandomCaller(SimulatedLife.Machine(Contexts, i), new Random(random.Next())))];
            var database = SimulatedDatabase.Empty;
            for (var crash = 0; crash <= CrashesEach; crash++, crashes++)
                database = await LiveAsync(database, callers, random, isLast: crash == CrashesEach, $"seed {seed}, crash {crash}");
            acknowledged += callers.Sum(caller => caller.Acknowledged);
        }
        output.WriteLine($"{crashes} crashes, {acknowledged} acknowledged calls");
        Assert.True(acknowledged > crashes, $"{acknowledged} calls and {crashes} crashes");
    }

    /// <returns>What its crash has left.</returns>
    private static async Task<SimulatedDatabase> LiveAsync(
        SimulatedDatabase before, RandomCaller[] callers, Random random, bool isLast, string at)
    {
        using var store = new SimulatedStore(before);
        var life = new SimulatedLife(store, Contexts, random.Next());
        var diesAt = !isLast && random.Next(4) == 0 ? random.Next(1, RecoveryTurnsMax) : long.MaxValue;
        life.Run(() => life.IsOpen || life.Steps >= diesAt);
        Check(life.Findings, callers, at);
        if (life.IsOpen)
        {
            for (var i = 0; i < Contexts; i++)
                Check(callers[i].Oracle.Recovered(SimulatedLife.NameOf(i), await life.StateAsync(i)), [callers[i]], at);
            if (isLast)
            {
                await life.CloseAsync();
                Check(life.Findings, callers, at);
                return store.Durable;
            }
            for (var i = 0; i < Contexts; i++) life.Call(i, callers[i]);
            // Every second time in the middle of a write.
            var (end, inWrite) = (life.Steps + random.Next(1, TurnsMax), random.Next(2) == 0);
            life.Run(() => callers.Any(caller => caller.Findings.Count > 0) || (life.Steps >= end && (!inWrite || !store.Pending.IsEmpty)));
            Check(life.Findings, callers, at);
            foreach (var caller in callers) Check(caller.Findings, [caller], at);
        }
        var left = store.AfterCrash().Take(LeftMax).ToList();
        foreach (var caller in callers) caller.Note("crash");
        return left[random.Next(left.Count)];
    }

    private static void Check(IReadOnlyList<CrashFinding> findings, IReadOnlyList<RandomCaller> callers, string at) =>
        Assert.True(findings.Count == 0, $"{at}: {string.Join("; ", findings)}{string.Concat(callers.Select(caller => caller.Calls))}");
}
