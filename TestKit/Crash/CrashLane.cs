using System.Diagnostics;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// One journal, and the processes that are killed on it one after the other: each recovers what the one before has left, is compared, and
/// goes on with the same contexts.
/// </summary>
internal sealed class CrashLane
{
    /// <summary>Calls until a process that does not come to its point is killed all the same.</summary>
    private const int CallsMax = 600;

    private readonly CrashOptions _options;
    private readonly int _number;
    private readonly CrashTally<CrashPoint> _tally;
    private readonly Random _random;
    private readonly CrashSeat[] _seats;
    private int _kills;
    private int _replayed = 1;
    private double _readyMs = 500;
    private CrashPoint _point;
    private bool _held = true;

    /// <param name="options">The run.</param>
    /// <param name="number">Which of its journals.</param>
    /// <param name="tally">Where to count.</param>
    public CrashLane(CrashOptions options, int number, CrashTally<CrashPoint> tally)
    {
        (_options, _number, _tally) = (options, number, tally);
        _random = new Random(options.Seed * 64 + number);
        _seats = [.. new ModelHardware(options.Contexts).Seats.Select((seat, i) =>
            new CrashSeat(i, seat.Machine, new Random(_random.Next())))];
    }

    /// <summary>Kills until the run is over, and recovers one last time.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (_held && !cancellation.IsCancellationRequested && _tally.Next(_options.Runs))
        {
            _point = _options.Point ?? CrashPoints.All[_random.Next(CrashPoints.All.Count)];
            using var child = Start(_point, At());
            var itself = await KillAsync(child);
            await EndAsync(child);
            _kills++;
            _tally.Crashed(itself ? _point : CrashPoint.Random);
        }
        if (!_held) return;
        using var last = Start(CrashPoint.Random, 0);
        if (await RecoverAsync(last)) last.Finish();
        await EndAsync(last);
    }

    /// <returns>Whether it has killed itself.</returns>
    private async Task<bool> KillAsync(CrashChild child)
    {
        var outside = _point == CrashPoint.Random;
        if (outside && _random.Next(5) == 0) _ = KillAfterAsync(child, TimeSpan.FromMilliseconds(_random.NextDouble() * _readyMs));
        var watch = Stopwatch.StartNew();
        if (await RecoverAsync(child))
        {
            _readyMs = watch.Elapsed.TotalMilliseconds;
            var budget = new Budget(outside || _point == CrashPoint.InRecovery ? _random.Next(1, 80) : CallsMax);
            await Task.WhenAll(_seats.Select(seat => CallAsync(seat, child, budget)));
        }
        return !child.WasKilled;
    }

    private async Task CallAsync(CrashSeat seat, CrashChild child, Budget budget)
    {
        try
        {
            while (true)
            {
                var (answered, finding) = await seat.CallAsync(child, _options.Patience);
                if (!answered) return;
                _tally.Acknowledged();
                if (finding is not null) Violated(finding, seat);
                if (finding is not null || budget.IsSpent()) child.Kill();
            }
        }
        catch (TimeoutException)
        {
            Violated(new CrashFinding(CrashFault.HungCaller, $"after {_options.Patience.TotalSeconds} s there is no answer"), seat);
            child.Kill();
        }
    }

    /// <returns>Whether everything is back, as it should be.</returns>
    private async Task<bool> RecoverAsync(CrashChild child)
    {
        CrashChild.Ready? ready;
        try
        {
            ready = await child.ReadyAsync().WaitAsync(_options.Patience);
        }
        catch (TimeoutException)
        {
            Violated(new CrashFinding(CrashFault.HungCaller, $"after {_options.Patience.TotalSeconds} s nothing is recovered"), _seats[0]);
            child.Kill();
            return false;
        }
        if (ready is null) return false;
        _replayed = Math.Max(1, ready.EventsReplayed);
        foreach (var (seat, state) in _seats.Zip(ready.States))
            foreach (var finding in seat.Compare(state)) Violated(finding, seat);
        _tally.Recovered(ready.RecoveryMs, ready.EventsReplayed, [.. _seats.Select(seat => seat.Oracle.Compared!)]);
        if (!_held) child.Kill();
        return _held;
    }

    private async Task EndAsync(CrashChild child)
    {
        var died = await child.EndedAsync();
        foreach (var problem in child.Problems.Concat(died is null ? [] : [died]))
            Violated(new CrashFinding(CrashFault.GraphMismatch, problem), _seats[0]);
        foreach (var hung in child.Hung) Violated(new CrashFinding(CrashFault.HungCaller, $"{hung} is not answered"), _seats[0]);
    }

    private async Task KillAfterAsync(CrashChild child, TimeSpan delay)
    {
        await Task.Delay(delay);
        child.Kill();
    }

    private void Violated(CrashFinding finding, CrashSeat seat)
    {
        _held = false;
        _tally.Violated(new CrashViolation(
            finding, seat.Name, $"journal {_number}, after kill {_kills}", _point.Name(), seat.Calls, seat.Oracle.Compared));
    }

    private CrashChild Start(CrashPoint point, int at) => CrashChild.Start(_options.Command,
        new WorkloadOptions(_options.Journals[_number], _options.Contexts, point, at, _random.Next()));

    /// <summary>At which time: about as often as a point is come to in a second.</summary>
    private int At() => _point switch
    {
        CrashPoint.InRecovery => _random.Next(1, _replayed + 1),
        CrashPoint.BeforeReply => _random.Next(1, 80),
        CrashPoint.InAbort => _random.Next(1, 60),
        CrashPoint.InUnmap => _random.Next(1, 8),
        CrashPoint.HalfDrained => _random.Next(1, 4),
        _ => _random.Next(1, 40),
    };

    /// <summary>Calls that are answered before the kill; after the last one some more may be under way.</summary>
    private sealed class Budget(int calls)
    {
        private int _left = calls;

        public bool IsSpent() => Interlocked.Decrement(ref _left) <= 0;
    }
}
