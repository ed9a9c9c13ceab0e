using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>An answer that cannot be copied out is EFAULT, and leaves everything as it was (I12).</summary>
public class CopyOutTests
{
    private const IoasMapFlags Rights = IoasMapFlags.Readable | IoasMapFlags.Writeable;

    /// <summary>What is called, by the name of its ioctl.</summary>
    public static readonly TheoryData<Ioctl> Calls =
    [
        Ioctl.IoasAlloc, Ioctl.IoasMap, Ioctl.HwptAlloc, Ioctl.ViommuAlloc, Ioctl.VdeviceAlloc, Ioctl.HwQueueAlloc, Ioctl.TestCmd,
        Ioctl.IoasCopy, Ioctl.IoasMapFile,
    ];

    [Theory, MemberData(nameof(Calls))]
    public async Task A_structure_that_cannot_be_written_is_refused_before_anything_is_done(Ioctl number)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, number);
        var before = await uapi.State();
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, number, (_, _) => true));
        Assert.Equal(before, await uapi.State());
        Assert.Equal(0, await CallGuarded(uapi, number, (_, _) => false));
        Assert.NotEqual(before, await uapi.State());
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task What_was_done_is_undone_when_the_structure_cannot_be_written_any_more(Ioctl number)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, number);
        var before = await uapi.State();
        // The first write of the structure only tries it.
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, number, (address, writes) => address == uapi.Structure && writes > 0));
        Assert.Equal(before, await uapi.State());
        Assert.Equal(0, await CallGuarded(uapi, number, (_, _) => false));
    }

    [Fact]
    public async Task A_vIOMMU_whose_data_cannot_be_written_back_is_destroyed()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, Ioctl.ViommuAlloc);
        var before = await uapi.State();
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, Ioctl.ViommuAlloc, (address, _) => address == uapi.Arrays));
        Assert.Equal(before, await uapi.State());
    }

    [Fact]
    public async Task A_structure_that_is_not_copied_out_need_not_be_writable()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        uapi.Write(uapi.Structure, new IommuVfioIoas { Size = 12, IoasId = ioas, Op = VfioIoasOp.Set });
        Assert.Equal(0, await CallGuarded(uapi, Ioctl.VfioIoas, (_, _) => true));
        uapi.Write(uapi.Structure, new IommuTestCmd { Size = 72, Op = TestOp.SetTempMemoryLimit, Word = 65536 });
        Assert.Equal(0, await CallGuarded(uapi, Ioctl.TestCmd, (_, _) => true));
        uapi.Write(uapi.Structure, new IommuDestroy { Size = 8, Id = ioas });
        Assert.Equal(0, await CallGuarded(uapi, Ioctl.Destroy, (_, _) => true));
    }

    [Theory]
    [InlineData(TestOp.CreateAccess)]
    [InlineData(TestOp.AccessPages)]
    [InlineData(TestOp.PasidAttach)]
    public async Task A_sub_operation_is_undone_when_the_structure_cannot_be_written_any_more(TestOp op)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var command = await Prepare(uapi, op, ioas);
        var before = await Settled(uapi);
        uapi.Write(uapi.Structure, command with { Size = 72 });
        var guarded = new GuardedMemory(uapi.Mock.Memory) { Refuses = (address, writes) => address == uapi.Structure && writes > 0 };
        var process = new UserProcess(guarded) { Files = uapi.Process.Files };
        Assert.Equal(-(long)Errno.EFAULT, await uapi.File.IoctlAsync(process, (uint)Ioctl.TestCmd, uapi.Structure));
        // What the close of a file ends, it ends behind it: each look passes through the context, as the close does.
        var after = await Looks.UntilAsync(uapi.State, state => state == before);
        Assert.Equal(before, after);
        Assert.Equal(Errno.None, (await uapi.Test(command)).Errno);
    }

    /// <summary>The state when what the calls before it have let go of is let go.</summary>
    private static async Task<string> Settled(MockUapiHarness uapi)
    {
        var (last, same) = ("", 0);
        return await Looks.UntilAsync(uapi.State, state =>
        {
            same = state == last ? same + 1 : 0;
            last = state;
            return same == 20;
        });
    }

    private static async Task<IommuTestCmd> Prepare(MockUapiHarness uapi, TestOp op, uint ioas)
    {
        var create = new IommuTestCmd { Op = TestOp.CreateAccess, Id = ioas };
        create.CreateAccess.Flags = MockAccessCreateFlags.NeedsPinPages;
        if (op == TestOp.CreateAccess) return create;
        if (op == TestOp.AccessPages)
        {
            await MockUapiCalls.Map(uapi, ioas, MockHarness.Aperture, 0x4000);
            var file = (await uapi.Test(create)).After.CreateAccess.OutAccessFd;
            return new IommuTestCmd { Op = op, Id = file, AccessPages = new() { Iova = MockHarness.Aperture, Length = 0x2000 } };
        }
        var device = (await uapi.Device(ioas)).OutIdevId;
        var alloc = new IommuHwptAlloc { DevId = device, PtId = ioas, Flags = HwptAllocFlags.Pasid };
        var hwpt = (await uapi.Succeed(Ioctl.HwptAlloc, alloc)).OutHwptId;
        var flagged = new IommuTestCmd { Op = TestOp.MockDomainFlags, Id = hwpt };
        flagged.MockDomain.DevFlags = (uint)MockDeviceFlags.Pasid;
        var owner = (await uapi.Test(flagged)).After.MockDomain.OutStdevId;
        return new IommuTestCmd { Op = op, Id = owner, Pasid = new() { Pasid = 5, PtId = hwpt } };
    }

    private static Task<long> CallGuarded(MockUapiHarness uapi, Ioctl number, Func<ulong, int, bool> refuses)
    {
        var guarded = new UserProcess(new GuardedMemory(uapi.Mock.Memory) { Refuses = refuses }) { Files = uapi.Process.Files };
        return uapi.File.IoctlAsync(guarded, (uint)number, uapi.Structure);
    }

    /// <summary>Makes what the call needs, and puts its structure into the process's memory.</summary>
    private static async Task Prepare(MockUapiHarness uapi, Ioctl number)
    {
        var ioas = await uapi.Ioas();
        var device = (await uapi.Device(ioas)).OutIdevId;
        uapi.Write(uapi.Arrays, new IommuViommuSelftest { InData = 5 });
        switch (number)
        {
            case Ioctl.IoasAlloc:
                uapi.Write(uapi.Structure, new IommuIoasAlloc { Size = 12 });
                break;
            case Ioctl.IoasMap:
                uapi.Write(uapi.Structure, new IommuIoasMap
                {
                    Size = 40,
                    IoasId = ioas,
                    Flags = Rights,
                    UserVa = uapi.Arrays,
                    Length = 0x4000,
                });
                break;
            case Ioctl.HwptAlloc:
                uapi.Write(uapi.Structure, new IommuHwptAlloc { Size = 48, DevId = device, PtId = ioas });
                break;
            case Ioctl.ViommuAlloc:
                uapi.Write(uapi.Structure, await MockUapiCalls.ViommuCall(uapi, ioas, device));
                break;
            case Ioctl.VdeviceAlloc:
                var viommu = await MockUapiCalls.Viommu(uapi, ioas, device);
                uapi.Write(uapi.Structure, new IommuVdeviceAlloc { Size = 24, ViommuId = viommu, DevId = device, VirtId = 3 });
                break;
            case Ioctl.HwQueueAlloc:
                uapi.Write(uapi.Structure, await MockUapiCalls.HwQueueCall(uapi, ioas, device));
                break;
            case Ioctl.IoasCopy:
                await MockUapiCalls.Map(uapi, ioas, MockHarness.Aperture, 0x4000);
                var other = await uapi.Ioas();
                uapi.Write(uapi.Structure, new IommuIoasCopy
                {
                    Size = 40,
                    DstIoasId = other,
                    SrcIoasId = ioas,
                    Flags = Rights,
                    Length = 0x4000,
                    SrcIova = MockHarness.Aperture,
                });
                break;
            case Ioctl.IoasMapFile:
                var file = uapi.OpenFile(0x4000);
                uapi.Write(uapi.Structure, new IommuIoasMapFile { Size = 40, IoasId = ioas, Flags = Rights, Fd = file, Length = 0x4000 });
                break;
            case Ioctl.TestCmd:
                uapi.Write(uapi.Structure, new IommuTestCmd { Size = 72, Op = TestOp.MockDomain, Id = ioas });
                break;
        }
    }
}
