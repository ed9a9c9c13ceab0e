using System.Diagnostics;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Crash;

/// <summary>What the journals of a run have come to, together. Any thread may count.</summary>
/// <typeparam name="TPoint">Where there can be crashes.</typeparam>
/// <param name="progress">Told the totals after every crash.</param>
internal sealed class CrashTally<TPoint>(IProgress<CrashSample>? progress) where TPoint : struct, Enum
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly SortedDictionary<TPoint, int> _crashes = [];
    private readonly List<double> _recoveries = [];
    private readonly List<CrashViolation> _violations = [];
    private IReadOnlyList<RecoveredContext> _recovered = [];
    private int _begun;
    private long _acknowledged;
    private long _replayed;

    /// <summary>Whether one more is to be killed.</summary>
    /// <param name="runs">How many there are to be in all.</param>
    public bool Next(int runs)
    {
        lock (_lock) return _violations.Count == 0 && _begun < runs && ++_begun > 0;
    }

    public void Acknowledged(long calls = 1) => Interlocked.Add(ref _acknowledged, calls);

    /// <summary>Something was wrong: there is nothing to do any more.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_lock) return _violations.Count > 0;
        }
    }

    public void Crashed(TPoint point)
    {
        lock (_lock)
        {
            _crashes[point] = _crashes.GetValueOrDefault(point) + 1;
            progress?.Report(new CrashSample(
                _watch.Elapsed.TotalSeconds, _crashes.Values.Sum(), Interlocked.Read(ref _acknowledged), _replayed));
        }
    }

    public void Recovered(double recoveryMs, int replayed, IReadOnlyList<RecoveredContext> contexts)
    {
        lock (_lock)
        {
            _recoveries.Add(recoveryMs);
            _replayed += replayed;
            _recovered = contexts;
        }
    }

    public void Violated(CrashViolation violation)
    {
        lock (_lock) _violations.Add(violation);
    }

    public CrashResult Result()
    {
        lock (_lock)
        {
            _recoveries.Sort();
            return new CrashResult
            {
                Runtime = StressRun.RuntimeName,
                Seconds = _watch.Elapsed.TotalSeconds,
                Runs = _crashes.Values.Sum(),
                Crashes = _crashes.ToDictionary(entry => CrashPoints.NameOf(entry.Key), entry => entry.Value),
                AcknowledgedOpsTotal = _acknowledged,
                RecoveriesTotal = _recoveries.Count,
                RecoveryMs = new Latency(Percentile(0.5), Percentile(0.99), Percentile(1)),
                EventsReplayedTotal = _replayed,
                Violations = [.. _violations],
                Recovered = _recovered,
            };
        }
    }

    private double Percentile(double part) =>
        _recoveries.Count == 0 ? 0 : _recoveries[Math.Min(_recoveries.Count - 1, (int)(part * _recoveries.Count))];
}
