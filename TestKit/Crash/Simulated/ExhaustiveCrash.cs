using System.Diagnostics;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// Crashes a scenario before every turn: what the database may hold then is recovered by a simulator of its own, is judged, and is closed.
/// A recovery that writes is crashed before each of its turns in the same way. Turns between which nothing was written or acknowledged
/// leave the same, and that is recovered once.
/// </summary>
/// <param name="scenario">The calls.</param>
/// <param name="seed">Chooses the interleaving.</param>
/// <param name="tally">Where to count.</param>
/// <param name="faults">What the journal does wrong; nothing without.</param>
internal sealed class ExhaustiveCrash(CrashScenario scenario, long seed, CrashTally<SimulatedPoint> tally, StoreFaults? faults = null)
{
    /// <summary>Crashes in a recovery, in the recovery after that, and so on.</summary>
    private const int DepthMax = 3;

    private readonly bool _losesConnection = faults is { LosesConnectionAt: > 0 };

    private int _recoveries;

    /// <summary>Requests that the journal had in the run that was crashed last.</summary>
    public int Writes { get; private set; }

    /// <summary>With each step that can fail failing in turn, and none; or until something is wrong.</summary>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        for (var nth = 0; !tally.IsBroken && !cancellation.IsCancellationRequested; nth++)
            if (!await RunAsync(nth) && (nth > 0 || _losesConnection || !scenario.IsAtomic)) break;
    }

    /// <returns>Whether the step that was to fail was come to.</returns>
    private async Task<bool> RunAsync(int nth)
    {
        var caller = new ScriptedCaller(scenario, nth);
        using var store = new SimulatedStore(faults: faults);
        var life = new SimulatedLife(store, contexts: 1, seed, caller.Failures);
        if (!life.Run(() => life.IsOpen)) return Found(life.Findings, caller);
        life.Call(0, caller);
        var (moments, turns) = Watch(life, store, caller);
        Writes = store.WritesTotal;
        tally.Acknowledged(caller.Acknowledged);
        Found(life.Findings, caller);
        Found(caller.Findings, caller);
        // Up to where something fails, it is the run without that; after the call that follows, too.
        var from = nth > 0 ? caller.FailedAt - 1 : _losesConnection ? caller.Acknowledged - 1 : 0;
        var to = nth > 0 ? caller.FailedAt : int.MaxValue;
        foreach (var (acknowledged, point) in turns)
            if (acknowledged >= from && acknowledged <= to) tally.Crashed(point);
        foreach (var moment in moments.Where(moment => moment.Acknowledged >= from && moment.Acknowledged <= to))
        {
            // What fails is to leave nothing, at no moment.
            if (caller.IsRefused && moment.Acknowledged == caller.FailedAt - 1) moment.Oracle.Refused();
            foreach (var left in moment.Left) await JudgeAsync(left, moment, depth: 0);
        }
        return caller.FailedAt > 0 || caller.Failures.Failed is not null;
    }

    /// <returns>
    /// The moments that leave something else than the one before; and of each turn what was acknowledged, and where it is.
    /// </returns>
    private static (List<CrashMoment> Moments, List<(int Acknowledged, SimulatedPoint Point)> Turns) Watch(
        SimulatedLife life, SimulatedStore store, ScriptedCaller caller)
    {
        var moments = new List<CrashMoment>();
        var turns = new List<(int, SimulatedPoint)>();
        var seen = (-1, -1, false);
        life.Run(() =>
        {
            if (!caller.IsCrashed && !caller.IsOver) return false;
            var point = caller.IsAborting ? SimulatedPoint.InAbort : SimulatedPoints.Of(store, [caller.Oracle.InFlight]);
            turns.Add((caller.Acknowledged, point));
            var now = (store.Version, caller.Acknowledged, caller.IsOver);
            if (now != seen) moments.Add(new CrashMoment(
                life.Steps, now.Acknowledged, caller.Oracle.InFlight, [.. store.AfterCrash()], point, caller.Oracle.Fork(),
                caller.Calls.Lines));
            seen = now;
            return caller.IsOver || caller.Findings.Count > 0;
        });
        return (moments, turns);
    }

    private async Task JudgeAsync(SimulatedDatabase left, CrashMoment moment, int depth)
    {
        if (tally.IsBroken) return;
        _recoveries++;
        using var store = new SimulatedStore(left);
        var watch = Stopwatch.StartNew();
        var life = new SimulatedLife(store, contexts: 1, seed + _recoveries);
        var again = new List<SimulatedDatabase>();
        var version = store.Version;
        var isOpen = life.Run(() =>
        {
            tally.Crashed(SimulatedPoint.InRecovery);
            if (store.Version == version) return life.IsOpen;
            version = store.Version;
            again.AddRange(store.AfterCrash());
            return life.IsOpen;
        });
        var took = watch.Elapsed;
        var oracle = moment.Oracle.Fork();
        if (isOpen)
        {
            Found(Recovered(oracle, await life.StateAsync(0)), moment, oracle);
            Found(Repairs(left, store.Durable, moment.InFlight), moment, oracle);
            await life.CloseAsync();
        }
        tally.Recovered(took.TotalMilliseconds, store.ReplayedTotal, oracle.Compared is { } compared ? [compared] : []);
        Found(life.Findings, moment, oracle);
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
            : oracle.Recovered(SimulatedLife.NameOf(0), state);

    private void Found(IEnumerable<CrashFinding> findings, CrashMoment moment, CrashOracle oracle)
    {
        string[] cutOff = moment.InFlight is { } call ? [$"{ModelText.Of(call)}  ->  crash"] : [];
        Found(findings, $"crash before turn {moment.Step}", CrashPoints.NameOf(moment.Point), [.. moment.Calls, .. cutOff], oracle);
    }

    private bool Found(IEnumerable<CrashFinding> findings, ScriptedCaller caller) =>
        Found(findings, "no crash", "none", caller.Calls.Lines, caller.Oracle);

    private bool Found(IEnumerable<CrashFinding> findings, string at, string point, IReadOnlyList<string> calls, CrashOracle oracle)
    {
        foreach (var finding in findings)
            tally.Violated(new CrashViolation(finding, scenario.Name, $"seed {seed}, {at}", point, calls, oracle.Compared));
        return false;
    }
}
