using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>
/// Several contexts make random calls, in an interleaving that the seed chooses, and at turns that it chooses one actor of one of them is
/// thrown down: the context, a group or an object, at whatever message it comes to then. Its supervisor brings it back, the others take no
/// notice, its caller is answered, and what was acknowledged is there. In the end nothing of any incarnation is left in hardware.
/// </summary>
public class ActorCrashTests(ITestOutputHelper output)
{
    private const int Contexts = 3;
    private const int KillsEach = 25;
    private const int TurnsMax = 600;
    private const int TurnsOfRestart = 20_000;

    [Fact]
    public async Task Any_actor_can_be_thrown_down_at_any_message()
    {
        var (kills, acknowledged, unanswered) = (0, 0L, 0L);
        for (var seed = 1; seed <= CrashLength.Seeds; seed++)
        {
            var random = new Random(seed);
            KilledCaller[] callers = [.. Enumerable.Range(0, Contexts)
                .Select(i => new KilledCaller(new RandomCaller(SimulatedLife.Machine(Contexts, i), new Random(random.Next()))))];
            using var store = new SimulatedStore(SimulatedDatabase.Empty);
            var life = new SimulatedLife(store, Contexts, random.Next(), restarts: 1000);
            life.Run(() => life.IsOpen);
            for (var i = 0; i < Contexts; i++) life.Call(i, callers[i]);
            for (var kill = 1; kill <= KillsEach; kill++, kills++)
                await KillOneAsync(life, callers, random, $"seed {seed}, kill {kill}");
            await EndAsync(life, callers, $"seed {seed}");
            acknowledged += callers.Sum(caller => caller.Inner.Acknowledged);
            unanswered += callers.Sum(caller => caller.Unknown);
        }
        output.WriteLine($"{kills} kills, {acknowledged} acknowledged calls, {unanswered} answered EIO");
        Assert.True(unanswered > 0 && acknowledged > kills, $"{acknowledged} calls, {unanswered} answered EIO, {kills} kills");
    }

    private static async Task KillOneAsync(SimulatedLife life, KilledCaller[] callers, Random random, string at)
    {
        var end = life.Steps + random.Next(1, TurnsMax);
        life.Run(() => life.Steps >= end || callers.Any(caller => caller.Inner.Findings.Count > 0));
        Check(life, callers, at);
        var which = random.Next(Contexts);
        callers[which].Pause();
        life.Kill(which, random.Next);
        var patience = life.Steps + TurnsOfRestart;
        life.Run(() => life.IsBack(which) && callers[which].IsIdle || life.Steps >= patience);
        Check(life, callers, at);
        // The actor may have been gone when its turn came.
        Assert.True(callers[which].IsIdle && (life.IsBack(which) || !life.IsLost(which)), 
            $"{at}: after {TurnsOfRestart} turns idle {callers[which].IsIdle}, back {life.IsBack(which)}, lost {life.IsLost(which)}; "
            + $"{life.Waits}{callers[which].Inner.Calls}");
        if (!life.IsBack(which))
        {
            callers[which].Resume();
            life.Call(which, callers[which]);
            return;
        }
        var state = await life.StateAsync(which);
        Check(callers[which].Inner.Oracle.Recovered(SimulatedLife.NameOf(which), state), callers, at);
        callers[which].Resume();
        life.Call(which, callers[which]);
    }

    private static async Task EndAsync(SimulatedLife life, KilledCaller[] callers, string at)
    {
        foreach (var caller in callers) caller.Pause();
        life.Run(() => callers.All(caller => caller.IsIdle));
        await life.CloseAsync();
        Check(life, callers, at);
    }

    private static void Check(SimulatedLife life, KilledCaller[] callers, string at) =>
        Check([.. life.Findings, .. callers.SelectMany(caller => caller.Inner.Findings)], callers, at);

    private static void Check(IReadOnlyList<CrashFinding> findings, KilledCaller[] callers, string at) => Assert.True(
        findings.Count == 0, $"{at}: {string.Join("; ", findings)}{string.Concat(callers.Select(caller => caller.Inner.Calls))}");

    /// <summary>Makes calls until it is told to pause; of one that is answered EIO then, nobody knows what it has done.</summary>
    private sealed class KilledCaller(RandomCaller inner) : ICrashCaller
    {
        private bool _paused;

        public RandomCaller Inner => inner;

        public bool IsIdle { get; private set; }

        public long Unknown { get; private set; }

        public void Pause() => _paused = true;

        public void Resume() => _paused = IsIdle = false;

        public Call? Next()
        {
            IsIdle = _paused;
            return _paused ? null : inner.Next();
        }

        public void Answered(Call call, Answer answer)
        {
            if (!_paused || answer.Errno != Errno.EIO) inner.Answered(call, answer);
            else
            {
                Unknown++;
                inner.Note("  ->  EIO, and its context is brought back");
            }
        }

        public void Failed(Call call, Exception cause) => inner.Failed(call, cause);
    }
}
