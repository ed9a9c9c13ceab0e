using System.Diagnostics;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// Several contexts on one journal make random calls, in an interleaving that the seed chooses, and are crashed at turns that it chooses,
/// in recoveries too; what is lost of the writes under way is its choice as well. Each recovery is judged, and the calls go on from there.
/// </summary>
internal sealed class RandomCrash
{
    /// <summary>Crashes of one journal.</summary>
    public const int CrashesMax = 12;

    private const int Contexts = 3;
    private const int TurnsMax = 1500;
    private const int RecoveryTurnsMax = 80;
    private const int LeftMax = 256;

    private readonly int _seed;
    private readonly CrashTally<SimulatedPoint> _tally;
    private readonly StoreFaults? _faults;
    private readonly Random _random;
    private readonly RandomCaller[] _callers;
    private SimulatedPoint _point;

    /// <param name="seed">Where everything comes from.</param>
    /// <param name="tally">Where to count.</param>
    /// <param name="faults">What the journal does wrong; nothing without.</param>
    public RandomCrash(int seed, CrashTally<SimulatedPoint> tally, StoreFaults? faults)
    {
        (_seed, _tally, _faults, _random) = (seed, tally, faults, new Random(seed));
        _callers = [.. Enumerable.Range(0, Contexts)
            .Select(i => new RandomCaller(SimulatedLife.Machine(Contexts, i), new Random(_random.Next())))];
    }

    /// <summary>How many crashes there were.</summary>
    public int Crashes { get; private set; }

    /// <summary>Crashes so often, recovers and closes; or stops where something is wrong.</summary>
    public async Task RunAsync(int crashes)
    {
        var database = SimulatedDatabase.Empty;
        for (var life = 0; life <= crashes && !_tally.IsBroken; life++) database = await LiveAsync(database, isLast: life == crashes);
        _tally.Acknowledged(_callers.Sum(caller => caller.Acknowledged));
    }

    /// <returns>What its crash has left.</returns>
    private async Task<SimulatedDatabase> LiveAsync(SimulatedDatabase before, bool isLast)
    {
        using var store = new SimulatedStore(before, _faults);
        var watch = Stopwatch.StartNew();
        var life = new SimulatedLife(store, Contexts, _random.Next());
        var diesAt = !isLast && _random.Next(4) == 0 ? _random.Next(1, RecoveryTurnsMax) : long.MaxValue;
        life.Run(() => life.IsOpen || life.Steps >= diesAt);
        var took = watch.Elapsed;
        var isOpen = life.IsOpen;
        if (!Check(life) && isOpen) await CallAsync(life, store, took, isLast);
        if (_tally.IsBroken || isLast) return store.Durable;
        _point = isOpen ? SimulatedPoints.Of(store, _callers.Select(caller => caller.Oracle.InFlight)) : SimulatedPoint.InRecovery;
        _tally.Crashed(_point);
        Crashes++;
        var left = store.AfterCrash().Take(LeftMax).ToList();
        foreach (var caller in _callers) caller.Calls.Add("crash");
        return left[_random.Next(left.Count)];
    }

    private async Task CallAsync(SimulatedLife life, SimulatedStore store, TimeSpan took, bool isLast)
    {
        for (var i = 0; i < Contexts; i++)
            Found(_callers[i].Oracle.Recovered(SimulatedLife.NameOf(i), await life.StateAsync(i)), i);
        _tally.Recovered(took.TotalMilliseconds, store.ReplayedTotal, [.. _callers.Select(caller => caller.Oracle.Compared!)]);
        if (_tally.IsBroken) return;
        if (isLast)
        {
            await life.CloseAsync();
            Check(life);
            return;
        }
        for (var i = 0; i < Contexts; i++) life.Call(i, _callers[i]);
        // Every second time in the middle of a write.
        var (end, inWrite) = (life.Steps + _random.Next(1, TurnsMax), _random.Next(2) == 0);
        life.Run(() =>
            _callers.Any(caller => caller.Findings.Count > 0) || (life.Steps >= end && (!inWrite || !store.Pending.IsEmpty)));
        Check(life);
    }

    /// <returns>Whether something is wrong.</returns>
    private bool Check(SimulatedLife life)
    {
        Found(life.Findings, 0);
        for (var i = 0; i < Contexts; i++) Found(_callers[i].Findings, i);
        return _tally.IsBroken;
    }

    private void Found(IEnumerable<CrashFinding> findings, int context)
    {
        foreach (var finding in findings)
            _tally.Violated(new CrashViolation(
                finding, SimulatedLife.NameOf(context), $"seed {_seed}, after crash {Crashes}",
                Crashes == 0 ? "none" : CrashPoints.NameOf(_point), _callers[context].Calls.Lines, _callers[context].Oracle.Compared));
    }
}
