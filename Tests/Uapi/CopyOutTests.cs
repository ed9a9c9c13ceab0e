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
    ];

    [Theory, MemberData(nameof(Calls))]
    public async Task A_structure_that_cannot_be_written_is_refused_before_anything_is_done(Ioctl number)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, number);
        var before = await uapi.Mock.State();
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, number, (_, _) => true));
        Assert.Equal(before, await uapi.Mock.State());
        Assert.Equal(0, await CallGuarded(uapi, number, (_, _) => false));
        Assert.NotEqual(before, await uapi.Mock.State());
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task What_was_done_is_undone_when_the_structure_cannot_be_written_any_more(Ioctl number)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, number);
        var before = await uapi.Mock.State();
        // The first write of the structure only tries it.
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, number, (address, writes) => address == uapi.Structure && writes > 0));
        Assert.Equal(before, await uapi.Mock.State());
        Assert.Equal(0, await CallGuarded(uapi, number, (_, _) => false));
    }

    [Fact]
    public async Task A_vIOMMU_whose_data_cannot_be_written_back_is_destroyed()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        await Prepare(uapi, Ioctl.ViommuAlloc);
        var before = await uapi.Mock.State();
        Assert.Equal(-(long)Errno.EFAULT, await CallGuarded(uapi, Ioctl.ViommuAlloc, (address, _) => address == uapi.Arrays));
        Assert.Equal(before, await uapi.Mock.State());
    }

    private static Task<long> CallGuarded(MockUapiHarness uapi, Ioctl number, Func<ulong, int, bool> refuses)
    {
        var guarded = new UserProcess(new GuardedMemory(uapi.Mock.Memory) { Refuses = refuses });
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
            case Ioctl.TestCmd:
                uapi.Write(uapi.Structure, new IommuTestCmd { Size = 72, Op = TestOp.MockDomain, Id = ioas });
                break;
        }
    }
}
