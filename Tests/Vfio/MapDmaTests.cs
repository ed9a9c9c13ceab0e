using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Uapi;

namespace Iommu.Tests.Vfio;

/// <summary>VFIO_IOMMU_MAP_DMA (vfio_compat.c, iommufd_vfio_map_dma).</summary>
public class MapDmaTests
{
    private const ulong Iova = MockHarness.Aperture;

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_maps_at_the_iova_that_it_is_given()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(Errno.None, (await vfio.Map(Iova, 0x3000)).Errno);
        await vfio.Uapi.Mock.Expect(Errno.None, new IoasUnmap(vfio.Ioas, Iova, 0x3000));
    }

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_answers_EEXIST_when_occupied()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(Errno.None, (await vfio.Map(Iova, 0x3000)).Errno);
        Assert.Equal(Errno.EEXIST, (await vfio.Map(Iova + 0x2000, 0x1000)).Errno);
    }

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_answers_EINVAL_for_a_short_structure_a_flag_a_reserved_range_or_no_length()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        var call = vfio.MapCall(Iova, 0x1000);
        await Refused(vfio, Errno.EINVAL, call with { Argsz = 31 });
        await Refused(vfio, Errno.EINVAL, call with { Flags = (VfioMapFlags)4 });
        await Refused(vfio, Errno.EINVAL, call with { Flags = (VfioMapFlags)(1u << 31) });
        await Refused(vfio, Errno.EINVAL, call with { Iova = 0 });
        await Refused(vfio, Errno.EINVAL, call with { Size = 0 });
        await Refused(vfio, Errno.EOVERFLOW, call with { Iova = ulong.MaxValue - 0xfff, Size = 0x2000 });
    }

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_without_a_right_is_refused_by_the_domain_and_not_before_it()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        await Refused(vfio, Errno.EINVAL, vfio.MapCall(Iova, 0x1000) with { Flags = VfioMapFlags.None });
        await using var empty = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2, device: false);
        await Refused(empty, Errno.None, empty.MapCall(Iova, 0x1000) with { Flags = VfioMapFlags.None });
    }

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_answers_ENODEV_without_a_compatibility_IOAS()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(Errno.ENODEV, (await vfio.Map(Iova, 0x1000)).Errno);
    }

    [Fact]
    public async Task VFIO_IOMMU_MAP_DMA_answers_EFAULT_for_a_bad_pointer_and_for_memory_that_is_not_there()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(-(long)Errno.EFAULT, await vfio.Value(VfioIoctl.IommuMapDma, UapiCaller.Nowhere));
        Assert.Equal(-(long)Errno.EFAULT, await vfio.Value(VfioIoctl.IommuMapDma, vfio.Uapi.End - 31));
        await Refused(vfio, Errno.EFAULT, vfio.MapCall(Iova, 0x1000) with { Vaddr = vfio.Uapi.End });
    }

    private static async Task Refused(VfioHarness vfio, Errno expected, VfioIommuType1DmaMap call) =>
        Assert.Equal(expected, (await vfio.Call(VfioIoctl.IommuMapDma, call)).Errno);
}
