using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Replay.Crash;

/// <summary>
/// Crashes a scenario before every turn: what the database may hold then is recovered by a simulator of its own, is judged, and is closed.
/// A recovery that writes is crashed before each of its turns in the same way. Turns between which nothing was written or acknowledged
/// leave the same, and that is recovered once.
/// </summary>
/// <param name="scenario">The calls.</param>
/// <param name="seed">Chooses the interleaving.</param>
/// <param name="faults">What the journal does wrong; nothing without.</param>
internal sealed class ExhaustiveCrash(CrashScenario scenario, long seed, StoreFaults? faults = null)
{
    /// <summary>Crashes in a recovery, in the recovery after that, and so on.</summary>
    private const int DepthMax = 3;

    private readonly CrashCount _count = new();
    private readonly bool _losesConnection = faults is { LosesConnectionAt: > 0 };

    /// <summary>With each step that can fail failing in turn, and none.</summary>
    public async Task<CrashCount> RunAsync()
    {
        for (var nth = 0; _count.Findings.Count == 0; nth++)
            if (!await RunAsync(nth) && (nth > 0 || _losesConnection || !scenario.IsAtomic)) break;
        return _count;
    }

    /// <returns>Whether the step that was to fail was come to.</returns>
    private async Task<bool> RunAsync(int nth)
    {
        var caller = new ScriptedCaller(scenario, nth);
        using var store = new SimulatedStore(faults: faults);
        var life = new SimulatedLife(store, contexts: 1, seed, caller.Failures);
        if (!life.Run(() => life.IsOpen)) return Found(life.Findings);
        life.Call(0, caller);
        var moments = new List<CrashMoment>();
        var turns = new List<int>();
        var seen = (-1, -1, false);
        life.Run(() =>
        {
            if (!caller.IsCrashed && !caller.IsOver) return false;
            turns.Add(caller.Acknowledged);
            var now = (store.Version, caller.Acknowledged, caller.IsOver);
            if (now != seen) moments.Add(
                new CrashMoment(life.Steps, now.Acknowledged, caller.Oracle.InFlight, [.. store.AfterCrash()], caller.Oracle.Fork()));
            seen = now;
            return caller.IsOver || caller.Findings.Count > 0;
        });
        _count.Writes = store.WritesTotal;
        Found(life.Findings);
        Found(caller.Findings);
        // Up to where something fails, it is the run without that; after the call that follows, too.
        var from = nth > 0 ? caller.FailedAt - 1 : _losesConnection ? caller.Acknowledged - 1 : 0;
        var to = nth > 0 ? caller.FailedAt : int.MaxValue;
        _count.Points += turns.Count(acknowledged => acknowledged >= from && acknowledged <= to);
        foreach (var moment in moments.Where(moment => moment.Acknowledged >= from && moment.Acknowledged <= to))
        {
            // What fails is to leave nothing, at no moment.
            if (caller.IsRefused && moment.Acknowledged == caller.FailedAt - 1) moment.Oracle.Refused();
            foreach (var left in moment.Left) await JudgeAsync(left, moment, depth: 0);
        }
        return caller.FailedAt > 0 || caller.Failures.Failed is not null;
    }

    private async Task JudgeAsync(SimulatedDatabase left, CrashMoment moment, int depth)
    {
        if (_count.Findings.Count > 0) return;
        _count.Recoveries++;
        using var store = new SimulatedStore(left);
        var life = new SimulatedLife(store, contexts: 1, seed + _count.Recoveries);
        var again = new List<SimulatedDatabase>();
        var version = store.Version;
        var isOpen = life.Run(() =>
        {
            _count.Points++;
            if (store.Version == version) return life.IsOpen;
            version = store.Version;
            again.AddRange(store.AfterCrash());
            return life.IsOpen;
        });
        var at = $"crash before turn {moment.Step}, in {(moment.InFlight is { } call ? ModelText.Of(call) : "no call")}";
        if (isOpen)
        {
            Found(Recovered(moment.Oracle, await life.StateAsync(0)), at);
            Found(Repairs(left, store.Durable, moment.InFlight), at);
            await life.CloseAsync();
        }
        Found(life.Findings, at);
        if (depth == DepthMax) return;
        foreach (var other in again) await JudgeAsync(other, moment, depth + 1);
    }

    /// <summary>
    /// A recovery ends what a call that was cut off has left. What it ends otherwise, a call had left that was over: an event of its
    /// abort, or of its end, is missing.
    /// </summary>
    private static IEnumerable<CrashFinding> Repairs(SimulatedDatabase before, SimulatedDatabase after, Call? inFlight)
    {
        if (inFlight is DeviceAttach or DeviceDetach or DeviceUnbind or Close) return [];
        var stream = StreamNames.Context(SimulatedLife.NameOf(0));
        return after.Stream(stream).Skip(before.Stream(stream).Count).Select(it => it.Payload).OfType<ObjectDestroyed>()
            .Select(repair => new CrashFinding(CrashFault.PhantomObject, $"object {repair.Id} was left by a call that was over"));
    }

    private static IEnumerable<CrashFinding> Recovered(CrashOracle oracle, string state) =>
        oracle.InFlight is Close ? CutOffClose.Compare(ModelText.Of(oracle.Model), state)
            : oracle.Fork().Recovered(SimulatedLife.NameOf(0), state);

    private bool Found(IEnumerable<CrashFinding> findings, string at = "no crash")
    {
        _count.Findings.AddRange(findings.Select(it => it with { What = $"{scenario.Name}, seed {seed}, {at}: {it.What}" }));
        return false;
    }
}
