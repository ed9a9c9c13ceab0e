using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Vfio;

/// <summary>VFIO_CHECK_EXTENSION (vfio_compat.c, iommufd_vfio_check_extension).</summary>
public class CheckExtensionTests
{
    [Theory]
    [InlineData(VfioExtension.Type1, 1)]
    [InlineData(VfioExtension.Type1V2, 1)]
    [InlineData(VfioExtension.UnmapAll, 1)]
    [InlineData(VfioExtension.NoIommu, 1)]
    [InlineData(VfioExtension.Nesting, 0)]
    [InlineData(VfioExtension.UpdateVaddr, 0)]
    [InlineData((VfioExtension)2, 0)]
    [InlineData((VfioExtension)99, 0)]
    public async Task VFIO_CHECK_EXTENSION_says_what_there_is(VfioExtension extension, long expected)
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(expected, await vfio.Value(VfioIoctl.CheckExtension, (ulong)extension));
    }

    [Fact]
    public async Task VFIO_CHECK_EXTENSION_takes_no_number_of_more_than_32_bits_for_another()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(0, await vfio.Value(VfioIoctl.CheckExtension, (1UL << 32) + (ulong)VfioExtension.Type1));
    }

    [Fact]
    public async Task VFIO_CHECK_EXTENSION_of_DMA_CC_asks_every_domain_of_the_IOAS()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(-(long)Errno.ENODEV, await vfio.Value(VfioIoctl.CheckExtension, (ulong)VfioExtension.DmaCc));

        await using var empty = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2, device: false);
        Assert.Equal(1, await empty.Value(VfioIoctl.CheckExtension, (ulong)VfioExtension.DmaCc));
        // The mock's domains do not enforce it.
        await empty.Uapi.Device(empty.Ioas.Value);
        Assert.Equal(0, await empty.Value(VfioIoctl.CheckExtension, (ulong)VfioExtension.DmaCc));
    }

    [Fact]
    public async Task VFIO_CHECK_EXTENSION_has_only_no_IOMMU_in_no_IOMMU_mode()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        await vfio.Uapi.Mock.Expect(Errno.None, new VfioAttachGroup(NoIommu: true));
        foreach (var gone in new[] { VfioExtension.Type1, VfioExtension.Type1V2, VfioExtension.UnmapAll })
            Assert.Equal(0, await vfio.Value(VfioIoctl.CheckExtension, (ulong)gone));
        Assert.Equal(1, await vfio.Value(VfioIoctl.CheckExtension, (ulong)VfioExtension.NoIommu));
    }
}
