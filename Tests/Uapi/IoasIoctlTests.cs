using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>The ioctls on an IOAS, in their binary form.</summary>
public class IoasIoctlTests
{
    private const IoasMapFlags Rights = IoasMapFlags.Readable | IoasMapFlags.Writeable;

    [Fact]
    public async Task IOAS_MAP_writes_the_iova_that_was_chosen_and_IOAS_UNMAP_the_length_that_was_unmapped()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var map = new IommuIoasMap { IoasId = ioas, Flags = Rights, UserVa = uapi.Arrays, Length = 0x2000, Iova = 0x7777_7000 };
        var mapped = await uapi.Succeed(Ioctl.IoasMap, map);
        Assert.NotEqual(map.Iova, mapped.Iova);
        var again = await uapi.Succeed(Ioctl.IoasMap, map with { Flags = Rights | IoasMapFlags.FixedIova });
        Assert.Equal(map.Iova, again.Iova);
        var all = await uapi.Succeed(Ioctl.IoasUnmap, new IommuIoasUnmap { IoasId = ioas, Length = ulong.MaxValue });
        Assert.Equal(0x4000UL, all.Length);
    }

    [Fact]
    public async Task IOAS_MAP_refuses_its_own_fields_before_it_looks_for_the_IOAS()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var map = new IommuIoasMap { IoasId = 99, Flags = Rights, Length = 0x1000 };
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.IoasMap, map with { Flags = (IoasMapFlags)8, Length = ulong.MaxValue });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.IoasMap, map with { Reserved = 1, Length = ulong.MaxValue });
        await uapi.Expect(Errno.EOVERFLOW, Ioctl.IoasMap, map with { Length = ulong.MaxValue, Flags = IoasMapFlags.None });
        await uapi.Expect(Errno.EINVAL, Ioctl.IoasMap, map with { Flags = IoasMapFlags.FixedIova });
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasMap, map);
    }

    [Fact]
    public async Task IOAS_UNMAP_that_fails_does_not_write_the_length()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var map = new IommuIoasMap { IoasId = ioas, Flags = Rights | IoasMapFlags.FixedIova, UserVa = uapi.Arrays };
        await uapi.Succeed(Ioctl.IoasMap, map with { Length = 0x1000, Iova = 0x1000 });
        await uapi.Succeed(Ioctl.IoasMap, map with { Length = 0x2000, Iova = 0x2000 });
        var (errno, after) = await uapi.Call(Ioctl.IoasUnmap, new IommuIoasUnmap { IoasId = ioas, Iova = 0x1000, Length = 0x2000 });
        Assert.Equal((Errno.ENOENT, 0x2000UL), (errno, after.Length));
        await uapi.Succeed(Ioctl.IoasMap, map with { Length = 0x1000, Iova = 0x1000 });
    }
}
