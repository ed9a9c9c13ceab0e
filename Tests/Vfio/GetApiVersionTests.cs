using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Vfio;

/// <summary>VFIO_GET_API_VERSION, and the numbers that are no calls.</summary>
public class GetApiVersionTests
{
    [Fact]
    public async Task VFIO_GET_API_VERSION_is_0()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(0, await vfio.Value(VfioIoctl.GetApiVersion, 0));
    }

    [Fact]
    public async Task Other_calls_of_VFIO_answer_ENOTTY()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(-(long)Errno.ENOTTY, await vfio.Value(VfioIoctl.IommuDirtyPages, vfio.Uapi.Structure));
        // VFIO_IOMMU_ENABLE, VFIO_IOMMU_DISABLE, VFIO_GROUP_GET_STATUS.
        foreach (var number in new[] { 0x3b73u, 0x3b74u, 0x3b67u })
            Assert.Equal(-(long)Errno.ENOTTY, await vfio.Value((VfioIoctl)number, vfio.Uapi.Structure));
        Assert.Equal(-(long)Errno.ENOTTY, await vfio.Value((VfioIoctl)(0xc000_0000 | (uint)VfioIoctl.GetApiVersion), 0));
    }
}
