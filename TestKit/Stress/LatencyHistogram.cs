using System.Numerics;

namespace Iommu.TestKit.Stress;

/// <summary>
/// Counts of times in nanoseconds, in buckets of a sixteenth of a power of two: percentiles are right within 6 %. One writer; a
/// reader on another thread sees counts a little old.
/// </summary>
public sealed class LatencyHistogram
{
    private const int FractionBits = 4;
    private const int Fractions = 1 << FractionBits;

    private readonly long[] _counts = new long[64 * Fractions];
    private long _maxNs;

    public long Count => _counts.Sum();

    public void Add(long nanoseconds)
    {
        nanoseconds = Math.Max(1, nanoseconds);
        _counts[Bucket(nanoseconds)]++;
        if (nanoseconds > _maxNs) _maxNs = nanoseconds;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        _maxNs = Math.Max(_maxNs, other._maxNs);
    }

    /// <summary>In microseconds; zeros when nothing was counted.</summary>
    public Latency ToLatency() => new(Percentile(0.50) / 1e3, Percentile(0.99) / 1e3, _maxNs / 1e3);

    /// <summary>Index i is what lies below 2^i ns and not below 2^(i-1); what is empty at the end is left out.</summary>
    public IReadOnlyList<long> ByPowersOfTwo()
    {
        var powers = new long[65];
        for (var i = 0; i < _counts.Length; i++) powers[i / Fractions + 1] += _counts[i];
        var last = Array.FindLastIndex(powers, count => count > 0);
        return powers[..(last + 1)];
    }

    private double Percentile(double fraction)
    {
        var rank = (long)Math.Ceiling(Count * fraction);
        if (rank == 0) return 0;
        var seen = 0L;
        var bucket = 0;
        while ((seen += _counts[bucket]) < rank) bucket++;
        return Math.Min(UpperEdge(bucket), _maxNs);
    }

    private static int Bucket(long nanoseconds)
    {
        var power = BitOperations.Log2((ulong)nanoseconds);
        var fraction = power >= FractionBits ? nanoseconds >> (power - FractionBits) : nanoseconds << (FractionBits - power);
        return power * Fractions + (int)(fraction & (Fractions - 1));
    }

    private static double UpperEdge(int bucket) =>
        Math.ScaleB(1 + (bucket % Fractions + 1) / (double)Fractions, bucket / Fractions);
}
