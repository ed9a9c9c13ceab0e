using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>HWPT_INVALIDATE in its binary form. The trivial vIOMMU refuses an entry whose first byte is 0xff.</summary>
public class InvalidateIoctlTests
{
    [Fact]
    public async Task The_number_of_entries_handled_is_written_back_on_success_and_on_error()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var call = await Prepare(uapi, entries: 5);
        var (errno, after) = await uapi.Call(Ioctl.HwptInvalidate, call);
        Assert.Equal((Errno.None, 5u), (errno, after.EntryNum));

        uapi.Write(uapi.Arrays + 3 * 16, [0xff]);
        (errno, after) = await uapi.Call(Ioctl.HwptInvalidate, call);
        Assert.Equal((Errno.EIO, 3u), (errno, after.EntryNum));
    }

    [Fact]
    public async Task A_call_that_is_refused_at_once_writes_back_0()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var call = await Prepare(uapi, entries: 5);
        await Refused(Errno.EOPNOTSUPP, call with { Reserved = 1 });
        await Refused(Errno.EINVAL, call with { DataUptr = 0 });
        await Refused(Errno.EINVAL, call with { EntryLen = 0 });
        await Refused(Errno.EINVAL, call with { EntryLen = 4097 });
        await Refused(Errno.EINVAL, call with { EntryLen = uint.MaxValue });
        await Refused(Errno.EINVAL, call with { EntryNum = (1 << 19) + 1 });
        await Refused(Errno.EINVAL, call with { EntryNum = uint.MaxValue });
        await Refused(Errno.ENOENT, call with { HwptId = 99 });
        await Refused(Errno.EINVAL, call with { DataType = InvalidateDataType.VtdS1 });
        await Refused(Errno.EFAULT, call with { DataUptr = UapiCaller.Nowhere });
        await Refused(Errno.EFAULT, call with { DataUptr = (1UL << 30) - 40 });
        // Who is not there is found out before the array is read.
        await Refused(Errno.ENOENT, call with { HwptId = 99, DataUptr = UapiCaller.Nowhere });

        async Task Refused(Errno expected, IommuHwptInvalidate refused)
        {
            var (errno, after) = await uapi.Call(Ioctl.HwptInvalidate, refused);
            Assert.Equal((expected, 0u), (errno, after.EntryNum));
        }
    }

    [Fact]
    public async Task No_entries_ask_whether_the_type_is_supported()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var call = await Prepare(uapi, entries: 0);
        await uapi.Expect(Errno.None, Ioctl.HwptInvalidate, call with { DataUptr = 0, EntryLen = 0 });
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptInvalidate, call with { DataType = InvalidateDataType.VtdS1, DataUptr = 0 });
    }

    [Fact]
    public async Task Longer_entries_are_read_each_at_its_place()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var call = await Prepare(uapi, entries: 3) with { EntryLen = 4096 };
        uapi.Write(uapi.Arrays, new byte[3 * 4096]);
        uapi.Write(uapi.Arrays + 2 * 4096, [0xff]);
        var (errno, after) = await uapi.Call(Ioctl.HwptInvalidate, call);
        Assert.Equal((Errno.EIO, 2u), (errno, after.EntryNum));
    }

    private static async Task<IommuHwptInvalidate> Prepare(UapiHarness uapi, int entries)
    {
        var (_, viommu) = await ObjectIoctlTests.Viommu(uapi);
        uapi.Write(uapi.Arrays, new byte[entries * 16]);
        return new IommuHwptInvalidate
        {
            HwptId = viommu,
            DataUptr = uapi.Arrays,
            DataType = InvalidateDataType.ArmSmmuv3,
            EntryLen = 16,
            EntryNum = (uint)entries,
        };
    }
}
