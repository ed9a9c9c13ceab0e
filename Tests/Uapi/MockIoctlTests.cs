using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>The ioctls of vIOMMUs, hardware queues, dirty tracking and mappings, in their binary form, on the mock.</summary>
public class MockIoctlTests
{
    [Fact]
    public async Task VIOMMU_ALLOC_writes_its_data_back_as_far_as_the_caller_has_room()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (ioas, device) = await Device(uapi);
        uapi.Write(uapi.Arrays, new IommuViommuSelftest { InData = 0xfeed, OutMmapLength = 7 });
        var made = await uapi.Succeed(Ioctl.ViommuAlloc, await MockUapiCalls.ViommuCall(uapi, ioas, device));
        var data = uapi.Read<IommuViommuSelftest>(uapi.Arrays);
        Assert.Equal((0xfeedu, 8192UL, true), (data.OutData, data.OutMmapLength, data.OutMmapOffset != 0));
        Assert.Equal(ObjectType.Viommu, uapi.Mock.Context.Table.Find(new ObjectId(made.OutViommuId))!.Type);
        await uapi.Expect(Errno.EINVAL, Ioctl.ViommuAlloc, await MockUapiCalls.ViommuCall(uapi, ioas, device) with { DataLen = 25 });
        await uapi.Expect(
            Errno.EFAULT, Ioctl.ViommuAlloc, await MockUapiCalls.ViommuCall(uapi, ioas, device) with { DataUptr = UapiCaller.Nowhere });
    }

    [Fact]
    public async Task A_region_is_mapped_through_the_file_and_keeps_it_open()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (ioas, device) = await Device(uapi);
        uapi.Write(uapi.Arrays, new IommuViommuSelftest());
        var viommu = await MockUapiCalls.Viommu(uapi, ioas, device);
        var (offset, length) = uapi.Read<IommuViommuSelftest>(uapi.Arrays) is var data ? (data.OutMmapOffset, data.OutMmapLength) : default;
        const MemoryProtection rights = MemoryProtection.Read | MemoryProtection.Write;

        Assert.Equal(-(long)Errno.EINVAL, await uapi.File.MmapAsync(offset, length, rights, MemoryMapKind.Private));
        Assert.Equal(-(long)Errno.EINVAL, await uapi.File.MmapAsync(offset, length - 1, rights, MemoryMapKind.Shared));
        Assert.Equal(-(long)Errno.EPERM, await uapi.File.MmapAsync(offset, length, MemoryProtection.Exec, MemoryMapKind.Shared));
        Assert.Equal(-(long)Errno.ENXIO, await uapi.File.MmapAsync(offset, 2 * length, rights, MemoryMapKind.Shared));
        Assert.Equal(-(long)Errno.ENXIO, await uapi.File.MmapAsync(offset + length, length, rights, MemoryMapKind.Shared));
        Assert.True(await uapi.File.MmapAsync(offset, length, rights, MemoryMapKind.Shared) > 0);
        Assert.Equal(0, await uapi.File.DuplicateMappingAsync(offset));
        await uapi.Expect(Errno.EBUSY, Ioctl.Destroy, new IommuDestroy { Id = viommu });

        // The descriptor goes first; the context lives until the mappings do not.
        uapi.File.Closed();
        Assert.Equal(0, await uapi.File.MunmapAsync(offset));
        Assert.False(uapi.File.Ended.IsCompleted);
        Assert.Equal(0, await uapi.File.MunmapAsync(offset));
        Assert.Equal(new Answer(Errno.None), await uapi.File.Ended);
        Assert.Empty(uapi.Mock.Hardware.Machine.Devices);
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_writes_the_id()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (ioas, device) = await Device(uapi);
        var call = await MockUapiCalls.HwQueueCall(uapi, ioas, device);
        var made = await uapi.Succeed(Ioctl.HwQueueAlloc, call);
        Assert.Equal(ObjectType.HwQueue, uapi.Mock.Context.Table.Find(new ObjectId(made.OutHwQueueId))!.Type);
        await uapi.Expect(Errno.EEXIST, Ioctl.HwQueueAlloc, call);
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.HwQueueAlloc, call with { Flags = 1 });
        await uapi.Expect(Errno.EINVAL, Ioctl.HwQueueAlloc, call with { Length = 0 });
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_sets_bits_in_the_callers_bitmap_and_clears_none()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var hwpt = await Dirtied(uapi);
        uapi.Write(uapi.Arrays, [0x80, 0, 0xff]);
        var call = Bitmap(uapi, hwpt);
        await uapi.Expect(Errno.None, Ioctl.HwptGetDirtyBitmap, call with { Flags = DirtyBitmapFlags.NoClear });
        Assert.Equal([0x85, 0x02, 0xff], uapi.ReadBytes(uapi.Arrays, 3));

        uapi.Write(uapi.Arrays, [0, 0]);
        await uapi.Expect(Errno.None, Ioctl.HwptGetDirtyBitmap, call);
        Assert.Equal([0x05, 0x02], uapi.ReadBytes(uapi.Arrays, 2));
        uapi.Write(uapi.Arrays, [0, 0]);
        await uapi.Expect(Errno.None, Ioctl.HwptGetDirtyBitmap, call);
        Assert.Equal([0, 0], uapi.ReadBytes(uapi.Arrays, 2));
    }

    [Fact]
    public async Task HWPT_GET_DIRTY_BITMAP_into_memory_that_is_not_there_answers_EFAULT_and_forgets_no_bit()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var hwpt = await Dirtied(uapi);
        var call = Bitmap(uapi, hwpt);
        await uapi.Expect(Errno.EFAULT, Ioctl.HwptGetDirtyBitmap, call with { Data = uapi.End - 1 });
        // A range of which the bitmap alone would be half a petabyte.
        await uapi.Expect(Errno.EFAULT, Ioctl.HwptGetDirtyBitmap, call with { Iova = 0, Length = 1UL << 63 });
        uapi.Write(uapi.Arrays, [0, 0]);
        await uapi.Expect(Errno.None, Ioctl.HwptGetDirtyBitmap, call);
        Assert.Equal([0x05, 0x02], uapi.ReadBytes(uapi.Arrays, 2));
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptGetDirtyBitmap, call with { Length = 0, Data = UapiCaller.Nowhere });
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptGetDirtyBitmap, call with { PageSize = 0, Data = UapiCaller.Nowhere });
    }

    [Fact]
    public async Task HWPT_SET_DIRTY_TRACKING_refuses_an_unknown_flag_and_an_hwpt_without_it()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (ioas, device) = await Device(uapi);
        var plain = await uapi.Succeed(Ioctl.HwptAlloc, new IommuHwptAlloc { DevId = device, PtId = ioas });
        var call = new IommuHwptSetDirtyTracking { HwptId = plain.OutHwptId, Flags = DirtyTrackingFlags.Enable };
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.HwptSetDirtyTracking, call);
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.HwptSetDirtyTracking, call with { Flags = (DirtyTrackingFlags)2, HwptId = 99 });
        await uapi.Expect(Errno.ENOENT, Ioctl.HwptSetDirtyTracking, call with { HwptId = 99 });
    }

    private static async Task<(uint Ioas, uint Device)> Device(MockUapiHarness uapi)
    {
        var ioas = await uapi.Ioas();
        return (ioas, (await uapi.Device(ioas)).OutIdevId);
    }

    private static IommuHwptGetDirtyBitmap Bitmap(MockUapiHarness uapi, uint hwpt) => new()
    {
        HwptId = hwpt,
        Iova = MockHarness.Aperture,
        Length = 16 * 4096,
        PageSize = 4096,
        Data = uapi.Arrays,
    };

    /// <summary>An HWPT of 16 pages of which 0, 2 and 9 are dirty.</summary>
    private static async Task<uint> Dirtied(MockUapiHarness uapi)
    {
        var (ioas, device) = await Device(uapi);
        var alloc = new IommuHwptAlloc { DevId = device, PtId = ioas, Flags = HwptAllocFlags.DirtyTracking };
        var hwpt = (await uapi.Succeed(Ioctl.HwptAlloc, alloc)).OutHwptId;
        // Page by page: a larger page of the tables is dirty as a whole.
        for (var page = 0UL; page < 16; page++) await MockUapiCalls.Map(uapi, ioas, MockHarness.Aperture + page * 4096, 4096);
        await uapi.Succeed(
            Ioctl.HwptSetDirtyTracking, new IommuHwptSetDirtyTracking { HwptId = hwpt, Flags = DirtyTrackingFlags.Enable });
        uapi.Write(uapi.Arrays, [0x05, 0x02]);
        var (errno, dirtied) = await uapi.Test(new IommuTestCmd
        {
            Op = TestOp.Dirty,
            Id = hwpt,
            Dirty = new TestDirty { Iova = MockHarness.Aperture, Length = 16 * 4096, PageSize = 4096, Uptr = uapi.Arrays },
        });
        Assert.Equal((Errno.None, 3UL), (errno, dirtied.Dirty.OutNrDirty));
        return hwpt;
    }
}
