using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>I8 on VT-d, in random interleavings of steps.</summary>
public class StaleTranslationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void I8_nothing_stale_is_reached_once_a_wait_descriptor_has_reported(int seed)
    {
        var chaos = new InvalidationChaos(seed);
        chaos.Run(60_000);

        Assert.Empty(chaos.Wrong);
        Assert.Empty(chaos.Checker.Breaches);
        Assert.True(chaos.Succeeded > 2_000, $"only {chaos.Succeeded} requests succeeded");
    }

    /// <summary>
    /// The tests above can fail: each kind of invalidation, lost, is seen, by what was reached and by the checker of a stress run.
    /// </summary>
    [Theory]
    [InlineData(DescriptorType.Iotlb)]
    [InlineData(DescriptorType.PasidIotlb)]
    [InlineData(DescriptorType.DeviceTlb)]
    [InlineData(DescriptorType.PasidDeviceTlb)]
    public void I8_lost_invalidations_are_seen(DescriptorType lost)
    {
        var chaos = new InvalidationChaos(2, queue => new LosingQueue(queue, lost));
        chaos.Run(40_000);

        Assert.NotEmpty(chaos.Wrong);
        Assert.True(chaos.Checker.Breaches.Count > 0);
    }

    private sealed class LosingQueue(ICommandQueue inner, DescriptorType lost) : ICommandQueue
    {
        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            var changed = words.ToArray();
            for (var i = 0; i < changed.Length; i += Descriptor.Words)
            {
                if (new Descriptor(changed[i], changed[i + 1]).Type != lost) continue;
                changed.AsSpan(i, Descriptor.Words).Clear();
                changed[i] = Descriptor.Fence().Word0;
            }
            return inner.Produce(changed);
        }

        public QueueStep Step() => inner.Step();
    }
}
