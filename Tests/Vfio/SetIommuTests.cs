using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Vfio;

/// <summary>VFIO_SET_IOMMU (vfio_compat.c, iommufd_vfio_set_iommu).</summary>
public class SetIommuTests
{
    private static readonly Option LargePages = new(OptionId.HugePages, OptionOp.Get);

    [Fact]
    public async Task VFIO_SET_IOMMU_of_type_1_switches_large_pages_off_and_type_1v2_does_not()
    {
        await using var old = await new VfioHarness().SetUpAsync(VfioExtension.Type1);
        Assert.Equal(0UL, await old.Uapi.Mock.Value(LargePages with { Object = old.Ioas }));
        Assert.Equal(0, await old.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1));
        Assert.Equal(0, await old.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1V2));
        Assert.Equal(0UL, await old.Uapi.Mock.Value(LargePages with { Object = old.Ioas }));

        await using var today = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(1UL, await today.Uapi.Mock.Value(LargePages with { Object = today.Ioas }));
    }

    [Fact]
    public async Task VFIO_SET_IOMMU_answers_ENODEV_without_a_compatibility_IOAS()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(-(long)Errno.ENODEV, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1));
        Assert.Equal(-(long)Errno.ENODEV, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1V2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData((ulong)VfioExtension.NoIommu)]
    [InlineData((1UL << 32) + 1)]
    public async Task VFIO_SET_IOMMU_answers_EINVAL_for_another_type(ulong type)
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(-(long)Errno.EINVAL, await vfio.Value(VfioIoctl.SetIommu, type));
    }

    [Fact]
    public async Task VFIO_SET_IOMMU_of_type_1_answers_EINVAL_while_something_is_mapped_in_a_domain()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(Errno.None, (await vfio.Map(MockHarness.Aperture, 0x1000)).Errno);
        Assert.Equal(-(long)Errno.EINVAL, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1));
    }

    [Fact]
    public async Task VFIO_SET_IOMMU_takes_only_no_IOMMU_in_no_IOMMU_mode_and_asks_for_CAP_SYS_RAWIO()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        await vfio.Uapi.Mock.Expect(Errno.None, new VfioAttachGroup(NoIommu: true));
        Assert.Equal(0, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.NoIommu));
        Assert.Equal(-(long)Errno.EINVAL, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1));
        Assert.Equal(-(long)Errno.EINVAL, await vfio.Value(VfioIoctl.SetIommu, (ulong)VfioExtension.Type1V2));
        var confined = new UserProcess(vfio.Uapi.Process.Memory) { Capabilities = ProcessCapabilities.None };
        Assert.Equal(
            -(long)Errno.EPERM, await vfio.Uapi.File.IoctlAsync(confined, (uint)VfioIoctl.SetIommu, (ulong)VfioExtension.NoIommu));
    }
}
