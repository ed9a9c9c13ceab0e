using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>What the kernel's own suite does with a guest on the mock IOMMU, call by call.</summary>
public class GuestOnMockTests
{
    private const InvalidateDataType Selftest = InvalidateDataType.Selftest;

    [Fact]
    public async Task A_viommu_with_user_data_offers_a_region_that_reads_what_the_data_had()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var answer = await iommu.Answer<ViommuAnswer>(
            new ViommuAlloc(device, parent, ViommuType.Selftest, 0, MockHarness.Words(0x1234abcd, 0, 0, 0, 0, 0)));
        var (offset, length) = (BitConverter.ToUInt64(answer.Data.Span[8..]), BitConverter.ToUInt64(answer.Data.Span[16..]));
        Assert.Equal((0x1234abcdU, 4096UL, 8192UL), (BitConverter.ToUInt32(answer.Data.Span[4..]), offset, length));
        await iommu.Expect(Errno.ENXIO, new Mmap(offset, length / 2));
        await iommu.Expect(Errno.ENXIO, new Mmap(offset + 4096, length));
        var physical = await iommu.Value(new Mmap(offset, length));
        Assert.Equal(0x1234abcdu, iommu.Hardware.Memory.Read32(physical));
        await iommu.Expect(Errno.EBUSY, new Destroy(answer.Viommu));
        await iommu.Expect(Errno.None, new Munmap(offset));
        await iommu.Expect(Errno.None, new Destroy(answer.Viommu));
    }

    [Fact]
    public async Task Hardware_queues_are_made_upwards_on_pinned_memory_and_destroyed_downwards()
    {
        const ulong iova = MockHarness.Aperture;
        await using var iommu = await new MockHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
        HwQueueAlloc Queue(uint index, ulong at) => new(viommu, HwQueueType.Selftest, index, at, 4096);
        await iommu.Expect(Errno.ENOENT, Queue(0, iova));
        await iommu.Map(ioas, iommu.Allocate());
        await iommu.Expect(Errno.EIO, Queue(1, iova));
        await iommu.Expect(Errno.EINVAL, Queue(2, iova));
        var first = await iommu.Id(Queue(0, iova));
        await iommu.Expect(Errno.EEXIST, Queue(0, iova));
        var second = await iommu.Id(Queue(1, iova));
        await iommu.Expect(Errno.EBUSY, new Destroy(first));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, iova, 4096));
        await iommu.Expect(Errno.None, new Destroy(second));
        await iommu.Expect(Errno.None, new Destroy(first));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, iova, 4096));
        Assert.Equal(0, iommu.Memory.PinnedTotal);
    }

    [Fact]
    public async Task Invalidations_reach_the_tlb_of_a_nested_hwpt_and_the_cache_of_a_device_by_its_virtual_id()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var viommu = await iommu.Viommu(device, parent);
        var nested = await iommu.Nested(device, parent, HwptAllocFlags.Pasid);
        await iommu.Vdevice(viommu, device, 0x99);

        var tlb = new HwptInvalidate(nested, Selftest, 8, 2, MockHarness.Words(0, 0, 0, 9));
        Assert.Equal(new Answer(Errno.EINVAL, 1), await iommu.Call(tlb));
        Assert.Equal(new Answer(Errno.None, 1), await iommu.Call(tlb with { EntryNum = 1 }));
        await iommu.Expect(Errno.None, new MockCheckIotlb(nested, 0, 0));
        await iommu.Expect(Errno.None, new MockCheckIotlb(nested, 1, MockNestedDomain.TlbDefault));

        var cache = new HwptInvalidate(viommu, Selftest, 12, 2, MockHarness.Words(0, 0x99, 1, 0, 0x55, 0));
        Assert.Equal(new Answer(Errno.EINVAL, 1), await iommu.Call(cache));
        await iommu.Expect(Errno.None, new MockCheckCache(device, 1, 0));
    }

    [Fact]
    public async Task Dirty_bits_that_a_device_sets_are_read_once()
    {
        const ulong iova = MockHarness.Aperture;
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas, HwptAllocFlags.DirtyTracking);
        await iommu.Map(ioas, iommu.Allocate(8), pages: 8);
        var bits = iommu.Allocate();
        iommu.Memory.Write(bits, [0b1010_0001]);
        await iommu.Expect(Errno.EINVAL, new MockSetDirty(hwpt, iova, 8 * 4096, 4096, bits));
        await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.Enable));
        Assert.Equal(3UL, await iommu.Value(new MockSetDirty(hwpt, iova, 8 * 4096, 4096, bits)));
        var call = new HwptGetDirtyBitmap(hwpt, DirtyBitmapFlags.NoClear, iova, 8 * 4096, 4096);
        var first = (await iommu.Answer<DirtyBitmapAnswer>(call)).Bitmap.ToArray();
        Assert.Equal(0b1010_0001, first[0] & 0b1010_0001);
        Assert.Equal(first, (await iommu.Answer<DirtyBitmapAnswer>(call with { Flags = DirtyBitmapFlags.None })).Bitmap.ToArray());
        Assert.Equal([0], (await iommu.Answer<DirtyBitmapAnswer>(call)).Bitmap.ToArray());
        await iommu.Expect(Errno.EOPNOTSUPP,
            new HwptAlloc(await iommu.Bind(MockDeviceFlags.NoDirty), ioas, HwptAllocFlags.DirtyTracking));
    }
}
