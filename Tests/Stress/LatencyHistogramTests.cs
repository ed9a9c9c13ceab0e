using Iommu.TestKit.Stress;

namespace Iommu.Tests.Stress;

public class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_right_within_a_sixteenth()
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++) histogram.Add(i * 1000);
        var latency = histogram.ToLatency();
        Assert.InRange(latency.P50, 500, 500 * 17.0 / 16);
        Assert.InRange(latency.P99, 990, 1000);
        Assert.Equal(1000, latency.Max);
    }

    [Fact]
    public void Powers_of_two_hold_what_is_below_them_and_not_below_the_one_before()
    {
        var histogram = new LatencyHistogram();
        foreach (var nanoseconds in (long[])[0, 1, 2, 3, 4, 7, 8, 1023, 1024]) histogram.Add(nanoseconds);
        Assert.Equal([0, 2, 2, 2, 1, 0, 0, 0, 0, 0, 1, 1], histogram.ByPowersOfTwo());
        Assert.Equal(9, histogram.Count);
    }

    [Fact]
    public void Sums_of_histograms_are_histograms_of_sums()
    {
        var (all, one, other) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        var random = new Random(5);
        for (var i = 0; i < 1000; i++)
        {
            var value = random.NextInt64(1 << random.Next(1, 30));
            all.Add(value);
            (i % 3 == 0 ? one : other).Add(value);
        }
        one.Add(other);
        Assert.Equal(all.ToLatency(), one.ToLatency());
        Assert.Equal(all.ByPowersOfTwo(), one.ByPowersOfTwo());
    }

    [Fact]
    public void An_empty_one_is_all_zero()
    {
        Assert.Equal(new Latency(0, 0, 0), new LatencyHistogram().ToLatency());
        Assert.Empty(new LatencyHistogram().ByPowersOfTwo());
    }
}
