using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Uapi;

namespace Iommu.Tests.Vfio;

/// <summary>VFIO_IOMMU_UNMAP_DMA (vfio_compat.c, iommufd_vfio_unmap_dma): the bytes unmapped come back on an error too (B25).</summary>
public class UnmapDmaTests
{
    private const ulong Iova = MockHarness.Aperture;

    [Theory]
    [InlineData(VfioExtension.Type1)]
    [InlineData(VfioExtension.Type1V2)]
    public async Task VFIO_IOMMU_UNMAP_DMA_writes_the_bytes_unmapped_and_0_when_there_were_none(VfioExtension type)
    {
        await using var vfio = await new VfioHarness().SetUpAsync(type);
        await vfio.Map(Iova, 0x2000);
        await vfio.Map(Iova + 0x4000, 0x1000);
        Assert.Equal((Errno.None, 0x3000UL), await vfio.Unmap(Iova, 0x8000));
        Assert.Equal((Errno.None, 0UL), await vfio.Unmap(Iova, 0x8000));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_of_a_part_cuts_with_type_1()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1);
        await vfio.Map(Iova, 0x8000);
        Assert.Equal((Errno.None, 0x1000UL), await vfio.Unmap(Iova + 0x3000, 0x1000));
        Assert.Equal((Errno.None, 0x1000UL), await vfio.Unmap(Iova, 0x1000));
        Assert.Equal((Errno.None, 0x1000UL), await vfio.Unmap(Iova + 0x7000, 0x5000));
        // What is left are two pieces, still pinned and still where they were.
        var pins = Enumerable.Range(0, 8).Select(page => vfio.Uapi.Mock.Memory.PinsOf(vfio.Uapi.Arrays + (ulong)page * 4096));
        Assert.Equal([0, 1, 1, 0, 1, 1, 1, 0], pins);
        Assert.Equal(Errno.None, (await vfio.Map(Iova + 0x3000, 0x1000, offset: 0x3000)).Errno);
        Assert.Equal(Errno.EEXIST, (await vfio.Map(Iova + 0x4000, 0x1000)).Errno);
        Assert.Equal((Errno.None, 0x6000UL), await vfio.Unmap(0, 0, VfioUnmapFlags.All));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_of_a_part_answers_ENOENT_with_type_1v2_and_keeps_what_is_behind_it()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        await vfio.Map(Iova, 0x2000);
        await vfio.Map(Iova + 0x2000, 0x2000);
        Assert.Equal((Errno.ENOENT, 0UL), await vfio.Unmap(Iova + 0x1000, 0x1000));
        Assert.Equal((Errno.ENOENT, 0x2000UL), await vfio.Unmap(Iova, 0x3000));
        Assert.Equal((Errno.None, 0x2000UL), await vfio.Unmap(Iova, 0x4000));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_of_all_takes_no_range()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        await vfio.Map(Iova, 0x2000);
        Assert.Equal((Errno.EINVAL, 0x1000UL), await vfio.Unmap(0, 0x1000, VfioUnmapFlags.All));
        Assert.Equal((Errno.EINVAL, 0UL), await vfio.Unmap(0x1000, 0, VfioUnmapFlags.All));
        Assert.Equal((Errno.None, 0x2000UL), await vfio.Unmap(0, 0, VfioUnmapFlags.All));
        Assert.Equal((Errno.None, 0UL), await vfio.Unmap(0, 0, VfioUnmapFlags.All));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_answers_EINVAL_for_a_short_structure_a_flag_or_no_length()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        var call = new VfioIommuType1DmaUnmap { Argsz = 23, Iova = Iova, Size = 0x1000 };
        Assert.Equal(Errno.EINVAL, (await vfio.Call(VfioIoctl.IommuUnmapDma, call)).Errno);
        // VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP and VFIO_DMA_UNMAP_FLAG_VADDR are not there.
        foreach (var flag in new[] { 1u, 4u, 1u << 31 })
            Assert.Equal((Errno.EINVAL, 0x1000UL), await vfio.Unmap(Iova, 0x1000, (VfioUnmapFlags)flag));
        Assert.Equal((Errno.EINVAL, 0UL), await vfio.Unmap(Iova, 0));
        Assert.Equal((Errno.EOVERFLOW, 0UL), await vfio.Unmap(ulong.MaxValue - 10, 0x1000));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_that_would_cut_within_a_page_answers_EINVAL_and_writes_nothing()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1);
        await vfio.Map(Iova, 0x2000);
        Assert.Equal((Errno.EINVAL, 0x800UL), await vfio.Unmap(Iova + 0x800, 0x800));
        Assert.Equal((Errno.None, 0x2000UL), await vfio.Unmap(Iova, 0x2000));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_answers_ENODEV_without_a_compatibility_IOAS()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal((Errno.ENODEV, 0x1000UL), await vfio.Unmap(Iova, 0x1000));
    }

    [Fact]
    public async Task VFIO_IOMMU_UNMAP_DMA_answers_EFAULT_for_a_bad_pointer_and_unmaps_nothing_when_it_cannot_say_so()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(-(long)Errno.EFAULT, await vfio.Value(VfioIoctl.IommuUnmapDma, UapiCaller.Nowhere));
        await vfio.Map(Iova, 0x2000);
        vfio.Uapi.Write(vfio.Uapi.Structure, new VfioIommuType1DmaUnmap { Argsz = 24, Iova = Iova, Size = 0x2000 });
        var guarded = new GuardedMemory(vfio.Uapi.Mock.Memory) { Refuses = (_, _) => true };
        Assert.Equal(-(long)Errno.EFAULT, await vfio.Uapi.File.IoctlAsync(
            new Iommu.Hardware.Processes.UserProcess(guarded), (uint)VfioIoctl.IommuUnmapDma, vfio.Uapi.Structure));
        Assert.Equal((Errno.None, 0x2000UL), await vfio.Unmap(Iova, 0x2000));
    }
}
