using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

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

    [Fact]
    public async Task IOAS_IOVA_RANGES_writes_as_many_ranges_as_there_is_room_for_and_says_how_many_there_are()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        await uapi.Device(ioas);
        await Reserve(uapi, ioas, MockHarness.Aperture + 0x10000);
        uapi.Write(uapi.Arrays, new byte[64]);
        var call = new IommuIoasIovaRanges { IoasId = ioas, NumIovas = 4, AllowedIovas = uapi.Arrays };
        var all = await uapi.Succeed(Ioctl.IoasIovaRanges, call);
        Assert.Equal((2u, 2048UL), (all.NumIovas, all.OutIovaAlignment));
        Assert.Equal((MockHarness.Aperture, MockHarness.Aperture + 0xffff), Range(0));
        Assert.Equal((MockHarness.Aperture + 0x11000, 0x7fff_ffffUL), Range(1));

        uapi.Write(uapi.Arrays, new byte[64]);
        var (errno, few) = await uapi.Call(Ioctl.IoasIovaRanges, call with { NumIovas = 1 });
        Assert.Equal((Errno.EMSGSIZE, 2u), (errno, few.NumIovas));
        Assert.Equal((MockHarness.Aperture + 0xffff, 0UL), (Range(0).Last, Range(1).Last));
        await uapi.Expect(Errno.EMSGSIZE, Ioctl.IoasIovaRanges, call with { NumIovas = 0, AllowedIovas = UapiCaller.Nowhere });
        (errno, few) = await uapi.Call(Ioctl.IoasIovaRanges, call with { AllowedIovas = uapi.End - 16 });
        Assert.Equal((Errno.EFAULT, 4u), (errno, few.NumIovas));
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasIovaRanges, call with { IoasId = 99 });

        (ulong Start, ulong Last) Range(ulong index) =>
            uapi.Read<IommuIovaRange>(uapi.Arrays + 16 * index) is var range ? (range.Start, range.Last) : default;
    }

    [Fact]
    public async Task IOAS_ALLOW_IOVAS_reads_the_list_and_finds_what_is_wrong_before_what_cannot_be_read()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        uapi.Write(uapi.Arrays, new IommuIovaRange { Start = 0x10000, Last = 0x1ffff });
        uapi.Write(uapi.Arrays + 16, new IommuIovaRange { Start = 0x40000, Last = 0x4ffff });
        var call = new IommuIoasAllowIovas { IoasId = ioas, NumIovas = 2, AllowedIovas = uapi.Arrays };
        await uapi.Expect(Errno.None, Ioctl.IoasAllowIovas, call);
        await Reserve(uapi, ioas, 0x18000, Errno.EADDRINUSE);

        await uapi.Expect(Errno.EFAULT, Ioctl.IoasAllowIovas, call with { AllowedIovas = UapiCaller.Nowhere });
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasAllowIovas, call with { AllowedIovas = UapiCaller.Nowhere, IoasId = 99 });
        // The last good range is followed by what is not there.
        uapi.Write(uapi.End - 16, new IommuIovaRange { Start = 0x10000, Last = 0x1ffff });
        await uapi.Expect(Errno.EFAULT, Ioctl.IoasAllowIovas, call with { AllowedIovas = uapi.End - 16 });
        uapi.Write(uapi.End - 16, new IommuIovaRange { Start = 0x10000, Last = 0x10000 });
        await uapi.Expect(Errno.EINVAL, Ioctl.IoasAllowIovas, call with { AllowedIovas = uapi.End - 16, NumIovas = uint.MaxValue });

        // The list stands as it was, and none is everything.
        await Reserve(uapi, ioas, 0x48000, Errno.EADDRINUSE);
        await uapi.Expect(Errno.None, Ioctl.IoasAllowIovas, call with { NumIovas = 0, AllowedIovas = 0 });
        await Reserve(uapi, ioas, 0x48000);
    }

    [Fact]
    public async Task IOAS_COPY_writes_the_iova_in_the_destination()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (from, to) = (await uapi.Ioas(), await uapi.Ioas());
        await MockUapiCalls.Map(uapi, from, MockHarness.Aperture, 0x2000);
        var call = new IommuIoasCopy { Flags = Rights, DstIoasId = to, SrcIoasId = from, Length = 0x2000, SrcIova = MockHarness.Aperture };
        var copied = await uapi.Succeed(Ioctl.IoasCopy, call);
        Assert.NotEqual(0UL, copied.DstIova);
        var unmapped = await uapi.Succeed(Ioctl.IoasUnmap, new IommuIoasUnmap { IoasId = to, Iova = copied.DstIova, Length = 0x2000 });
        Assert.Equal(0x2000UL, unmapped.Length);
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.IoasCopy, call with { Flags = (IoasMapFlags)8 });
        await uapi.Expect(Errno.EOVERFLOW, Ioctl.IoasCopy, call with { SrcIova = ulong.MaxValue, Flags = IoasMapFlags.None });
        await uapi.Expect(Errno.EINVAL, Ioctl.IoasCopy, call with { Flags = IoasMapFlags.None, SrcIoasId = 99 });
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasCopy, call with { DstIoasId = 99 });
    }

    [Fact]
    public async Task IOAS_MAP_FILE_takes_a_descriptor_of_the_caller()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var file = uapi.OpenFile(0x4000);
        var call = new IommuIoasMapFile { Flags = Rights, IoasId = ioas, Fd = file, Start = 0x1000, Length = 0x2000 };
        Assert.NotEqual(0UL, (await uapi.Succeed(Ioctl.IoasMapFile, call)).Iova);
        await uapi.Expect(Errno.EBADF, Ioctl.IoasMapFile, call with { Fd = file + 1 });
        await uapi.Expect(Errno.EBADF, Ioctl.IoasMapFile, call with { Fd = -1 });
        // Whose descriptor it is depends on who calls.
        var other = new UserProcess(uapi.Process.Memory);
        uapi.Write(uapi.Structure, call with { Size = 40 });
        Assert.Equal(-(long)Errno.EBADF, await uapi.File.IoctlAsync(other, (uint)Ioctl.IoasMapFile, uapi.Structure));
    }

    [Fact]
    public async Task OPTION_writes_the_value_that_is_set()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var get = new IommuOption { OptionId = OptionId.RlimitMode, Op = OptionOp.Get, Val64 = 7 };
        Assert.Equal(0UL, (await uapi.Succeed(Ioctl.Option, get)).Val64);
        Assert.Equal(1UL, (await uapi.Succeed(Ioctl.Option, get with { Op = OptionOp.Set, Val64 = 1 })).Val64);
        Assert.Equal(1UL, (await uapi.Succeed(Ioctl.Option, get)).Val64);
        await uapi.Expect(Errno.EINVAL, Ioctl.Option, get with { Op = OptionOp.Set, Val64 = 2 });
        var ioas = await uapi.Ioas();
        var pages = get with { OptionId = OptionId.HugePages, ObjectId = ioas };
        Assert.Equal(1UL, (await uapi.Succeed(Ioctl.Option, pages)).Val64);
        Assert.Equal(0UL, (await uapi.Succeed(Ioctl.Option, pages with { Op = OptionOp.Set, Val64 = 0 })).Val64);
        Assert.Equal(0UL, (await uapi.Succeed(Ioctl.Option, pages)).Val64);
        await uapi.Expect(Errno.EBUSY, Ioctl.Option, get with { Op = OptionOp.Set, Val64 = 0 });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.Option, get with { ObjectId = ioas });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.Option, get with { Op = (OptionOp)2 });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.Option, get with { OptionId = (OptionId)2 });
        await uapi.Expect(Errno.ENOENT, Ioctl.Option, pages with { ObjectId = 99 });
    }

    [Fact]
    public async Task OPTION_to_set_how_pins_are_charged_asks_for_the_callers_capability()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var confined = new UserProcess(uapi.Process.Memory) { Capabilities = ProcessCapabilities.None };
        uapi.Write(uapi.Structure, new IommuOption { Size = 24, OptionId = OptionId.RlimitMode, Op = OptionOp.Set, Val64 = 1 });
        Assert.Equal(-(long)Errno.EPERM, await uapi.File.IoctlAsync(confined, (uint)Ioctl.Option, uapi.Structure));
        Assert.Equal(0, await uapi.File.IoctlAsync(uapi.Process, (uint)Ioctl.Option, uapi.Structure));
    }

    [Fact]
    public async Task VFIO_IOAS_writes_the_id()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        await uapi.Expect(Errno.None, Ioctl.VfioIoas, new IommuVfioIoas { IoasId = ioas, Op = VfioIoasOp.Set });
        Assert.Equal(ioas, (await uapi.Succeed(Ioctl.VfioIoas, new IommuVfioIoas { IoasId = 99, Op = VfioIoasOp.Get })).IoasId);
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.VfioIoas, new IommuVfioIoas { Op = (VfioIoasOp)3 });
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_charges_the_caller()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        await uapi.Device(ioas);
        var file = uapi.OpenFile(0x4000);
        await uapi.Succeed(Ioctl.IoasMapFile, new IommuIoasMapFile { Flags = Rights, IoasId = ioas, Fd = file, Length = 0x4000 });
        var heir = new UserProcess(uapi.Process.Memory);
        uapi.Write(uapi.Structure, new IommuIoasChangeProcess { Size = 8 });
        Assert.Equal(0, await uapi.File.IoctlAsync(heir, (uint)Ioctl.IoasChangeProcess, uapi.Structure));
        Assert.Equal((0L, 4L), (uapi.Process.PinnedPages, heir.PinnedPages));
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_asks_for_the_capability_before_it_looks_at_reserved_fields()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var call = new IommuIoasNoiommuGetPa { Size = 40, IoasId = await uapi.Ioas(), Length = 0x1000, Iova = MockHarness.Aperture };
        var confined = new UserProcess(uapi.Process.Memory) { Capabilities = ProcessCapabilities.None };
        uapi.Write(uapi.Structure, call with { Reserved = 1, Flags = 1, Length = 0 });
        Assert.Equal(-(long)Errno.EPERM, await uapi.File.IoctlAsync(confined, (uint)Ioctl.IoasNoiommuGetPa, uapi.Structure));
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.IoasNoiommuGetPa, call with { Flags = 1, Length = 0 });
        await uapi.Expect(Errno.EINVAL, Ioctl.IoasNoiommuGetPa, call with { Length = 0, IoasId = 99 });
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasNoiommuGetPa, call with { IoasId = 99 });
        await uapi.Expect(Errno.ENOENT, Ioctl.IoasNoiommuGetPa, call);
    }

    private static Task Reserve(MockUapiHarness uapi, uint ioas, ulong start, Errno expected = Errno.None) =>
        uapi.Mock.Expect(expected, new IoasReserve(new ObjectId(ioas), start, 0x1000));
}
