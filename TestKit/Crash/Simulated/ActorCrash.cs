using System.Diagnostics;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// Several contexts make random calls, in an interleaving that the seed chooses, and at turns that it chooses one actor of one of them is
/// thrown down: the context, a group or an object, at whatever message it comes to then. Its supervisor brings it back, the others take no
/// notice, its caller is answered, and what was acknowledged is there. In the end nothing of any incarnation is left in hardware.
/// </summary>
internal sealed class ActorCrash
{
    /// <summary>Actors that are thrown down on one journal.</summary>
    public const int KillsMax = 25;

    private const int Contexts = 3;
    private const int TurnsMax = 600;
    private const int TurnsOfRestart = 20_000;
    private const int RestartsMax = 1000;

    private readonly int _seed;
    private readonly CrashTally<SimulatedPoint> _tally;
    private readonly Random _random;
    private readonly KilledCaller[] _callers;
    private readonly StoreFaults? _faults;
    private SimulatedPoint _point;

    /// <param name="seed">Where everything comes from.</param>
    /// <param name="tally">Where to count.</param>
    /// <param name="faults">What the journal does wrong; nothing without.</param>
    public ActorCrash(int seed, CrashTally<SimulatedPoint> tally, StoreFaults? faults)
    {
        (_seed, _tally, _faults, _random) = (seed, tally, faults, new Random(seed));
        _callers = [.. Enumerable.Range(0, Contexts).Select(i =>
            new KilledCaller(new RandomCaller(SimulatedLife.Machine(Contexts, i), new Random(_random.Next()))))];
    }

    /// <summary>How many were thrown down.</summary>
    public int Kills { get; private set; }

    /// <summary>Calls that were answered EIO for it.</summary>
    public long Unknown => _callers.Sum(caller => caller.Unknown);

    /// <summary>Throws down so many actors, and closes; or stops where something is wrong.</summary>
    public async Task RunAsync(int kills)
    {
        using var store = new SimulatedStore(SimulatedDatabase.Empty, _faults);
        var life = new SimulatedLife(store, Contexts, _random.Next(), restarts: RestartsMax);
        life.Run(() => life.IsOpen);
        if (Check(life)) return;
        for (var i = 0; i < Contexts; i++) life.Call(i, _callers[i]);
        while (Kills < kills && !_tally.IsBroken) await KillOneAsync(life, store);
        if (!_tally.IsBroken) await EndAsync(life);
        _tally.Acknowledged(_callers.Sum(caller => caller.Inner.Acknowledged));
    }

    private async Task KillOneAsync(SimulatedLife life, SimulatedStore store)
    {
        var end = life.Steps + _random.Next(1, TurnsMax);
        life.Run(() => life.Steps >= end || _callers.Any(caller => caller.Inner.Findings.Count > 0));
        if (Check(life)) return;
        var which = _random.Next(Contexts);
        var caller = _callers[which];
        caller.Pause();
        var (watch, replayed) = (Stopwatch.StartNew(), store.ReplayedTotal);
        _point = life.Kill(which, _random.Next);
        Kills++;
        _tally.Crashed(_point);
        var patience = life.Steps + TurnsOfRestart;
        life.Run(() => life.IsBack(which) && caller.IsIdle || life.Steps >= patience);
        if (Check(life)) return;
        // The actor may have been gone when its turn came.
        if (!caller.IsIdle || !life.IsBack(which) && life.IsLost(which))
        {
            Found([new CrashFinding(CrashFault.HungCaller, $"after {TurnsOfRestart} turns its caller is {(caller.IsIdle ? "" : "not ")}"
                + $"answered, and the context is {(life.IsBack(which) ? "" : "not ")}back: {life.Waits}")], which);
            return;
        }
        if (life.IsBack(which))
        {
            var took = watch.Elapsed;
            Found(caller.Inner.Oracle.Recovered(SimulatedLife.NameOf(which), await life.StateAsync(which)), which);
            _tally.Recovered(took.TotalMilliseconds, store.ReplayedTotal - replayed, [caller.Inner.Oracle.Compared!]);
        }
        caller.Resume();
        life.Call(which, caller);
    }

    private async Task EndAsync(SimulatedLife life)
    {
        foreach (var caller in _callers) caller.Pause();
        life.Run(() => _callers.All(caller => caller.IsIdle));
        if (Check(life)) return;
        await life.CloseAsync();
        Check(life);
    }

    /// <returns>Whether something is wrong.</returns>
    private bool Check(SimulatedLife life)
    {
        Found(life.Findings, 0);
        for (var i = 0; i < Contexts; i++) Found(_callers[i].Inner.Findings, i);
        return _tally.IsBroken;
    }

    private void Found(IEnumerable<CrashFinding> findings, int context)
    {
        var caller = _callers[context].Inner;
        foreach (var finding in findings)
            _tally.Violated(new CrashViolation(
                finding, SimulatedLife.NameOf(context), $"seed {_seed}, after actor {Kills}",
                Kills == 0 ? "none" : CrashPoints.NameOf(_point), caller.Calls.Lines, caller.Oracle.Compared));
    }
}
