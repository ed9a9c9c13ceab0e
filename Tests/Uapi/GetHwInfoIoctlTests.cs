using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>GET_HW_INFO in its binary form. The trivial IOMMU has four bytes: 1, 2, 3, 4.</summary>
public class GetHwInfoIoctlTests
{
    [Theory]
    [InlineData(0, new byte[] { 9, 9, 9, 9, 9, 9, 9, 9 })]
    [InlineData(2, new byte[] { 1, 2, 9, 9, 9, 9, 9, 9 })]
    [InlineData(4, new byte[] { 1, 2, 3, 4, 9, 9, 9, 9 })]
    [InlineData(7, new byte[] { 1, 2, 3, 4, 0, 0, 0, 9 })]
    public async Task As_much_as_fits_is_written_with_zeros_behind_it_and_the_length_is_the_real_one(uint room, byte[] expected)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var device = await uapi.Iommu.Bind();
        uapi.Write(uapi.Arrays, [9, 9, 9, 9, 9, 9, 9, 9]);
        var info = await uapi.Succeed(Ioctl.GetHwInfo, new IommuHwInfo
        {
            DevId = device.Value,
            DataLen = room,
            DataUptr = uapi.Arrays,
            DataType = (HwInfoType)77,
        });
        Assert.Equal((4u, HwInfoType.ArmSmmuv3), (info.DataLen, info.DataType));
        Assert.Equal(expected, uapi.ReadBytes(uapi.Arrays, 8));
    }

    [Fact]
    public async Task A_type_counts_only_with_its_flag()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var device = await uapi.Iommu.Bind();
        var call = new IommuHwInfo { DevId = device.Value, Flags = HwInfoFlags.InputType, DataType = HwInfoType.ArmSmmuv3 };
        await uapi.Expect(Errno.None, Ioctl.GetHwInfo, call);
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.GetHwInfo, call with { DataType = HwInfoType.IntelVtd });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.GetHwInfo, call with { Flags = (HwInfoFlags)2 });
        await uapi.Expect(Errno.ENOENT, Ioctl.GetHwInfo, call with { DevId = 99 });
    }

    [Theory]
    [InlineData(UapiCaller.Nowhere, 4u)]
    [InlineData((1UL << 30) - 4, 5u)]
    [InlineData((1UL << 30) - 4, uint.MaxValue)]
    public async Task Data_that_cannot_be_written_answers_EFAULT_and_the_structure_stays(ulong address, uint room)
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var device = await uapi.Iommu.Bind();
        var (errno, after) = await uapi.Call(
            Ioctl.GetHwInfo, new IommuHwInfo { DevId = device.Value, DataLen = room, DataUptr = address });
        Assert.Equal((Errno.EFAULT, room), (errno, after.DataLen));
    }
}
