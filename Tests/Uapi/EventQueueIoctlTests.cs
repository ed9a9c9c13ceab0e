using Iommu.Actors;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>The ioctls that make a queue with an open file, in their binary form.</summary>
public class EventQueueIoctlTests
{
    [Fact]
    public async Task FAULT_QUEUE_ALLOC_writes_the_id_and_a_descriptor_that_reads()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var (ioas, device, queue) = await Faulting(uapi);
        var file = Assert.IsType<EventFile>(uapi.Process.Files.Find((int)queue.OutFaultFd));
        await uapi.Expect(Errno.EBUSY, Ioctl.Destroy, new IommuDestroy { Id = queue.OutFaultId });
        var alloc = new IommuHwptAlloc
        {
            DevId = device.OutIdevId,
            PtId = ioas,
            Flags = HwptAllocFlags.FaultIdValid,
            FaultId = queue.OutFaultId,
        };
        var hwpt = await uapi.Succeed(Ioctl.HwptAlloc, alloc);
        await uapi.Expect(Errno.ENOENT, Ioctl.HwptAlloc, alloc with { FaultId = ioas });
        await uapi.Expect(
            Errno.None, Ioctl.TestCmd, new IommuTestCmd { Op = TestOp.MockDomainReplace, Id = device.OutStdevId, Word = hwpt.OutHwptId });
        await uapi.Expect(Errno.None, Ioctl.TestCmd, new IommuTestCmd
        {
            Op = TestOp.TriggerIopf,
            TriggerIopf = new TestTriggerIopf { DevId = device.OutIdevId, Pasid = 0, Grpid = 2, Perm = 3, Addr = 0xdeadbeaf },
        });
        var read = await file.ReadAsync(400);
        var fault = System.Runtime.InteropServices.MemoryMarshal.Read<IommuHwptPgfault>(read.Bytes.Span);
        Assert.Equal((40, device.OutIdevId, 2u, 0xdeadbeafUL), (read.Bytes.Length, fault.DevId, fault.Grpid, fault.Addr));
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.FaultQueueAlloc, new IommuFaultAlloc { Flags = 1 });
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_writes_the_id_and_a_descriptor()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var call = await VeventqCall(uapi);
        var made = await uapi.Succeed(Ioctl.VeventqAlloc, call);
        Assert.Equal(ObjectType.Veventq, uapi.Mock.Context.Table.Find(new ObjectId(made.OutVeventqId))!.Type);
        Assert.IsType<EventFile>(uapi.Process.Files.Find((int)made.OutVeventqFd));
        await uapi.Expect(Errno.EEXIST, Ioctl.VeventqAlloc, call);
        await uapi.Expect(Errno.EINVAL, Ioctl.VeventqAlloc, call with { VeventqDepth = 0 });
        // Refused by its own fields before it is looked for.
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.VeventqAlloc, call with { Type = VeventqType.Default, ViommuId = 99, VeventqDepth = 0 });
        await uapi.Expect(Errno.EINVAL, Ioctl.VeventqAlloc, call with { VeventqDepth = (1 << 19) + 1, ViommuId = 99 });
        await uapi.Expect(Errno.ENOENT, Ioctl.VeventqAlloc, call with { ViommuId = 99 });
    }

    [Fact]
    public async Task A_queue_without_a_descriptor_answers_EMFILE_and_leaves_nothing()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        uapi.Write(uapi.Structure, new IommuFaultAlloc { Size = 16, OutFaultFd = 0 });
        var before = await uapi.Mock.State();
        var poor = new UserProcess(uapi.Process.Memory) { Files = new FileTable(descriptorsMax: 1) };
        poor.Files.Install(uapi.File.Hold());
        Assert.Equal(-(long)Errno.EMFILE, await uapi.File.IoctlAsync(poor, (uint)Ioctl.FaultQueueAlloc, uapi.Structure));
        Assert.Equal(before, await uapi.Mock.State());
        Assert.Equal(1, poor.Files.Count);
        Assert.Same(uapi.File, poor.Files.Find(0));
    }

    [Theory]
    [InlineData(Ioctl.FaultQueueAlloc)]
    [InlineData(Ioctl.VeventqAlloc)]
    public async Task A_queue_whose_structure_cannot_be_written_any_more_is_destroyed_and_its_descriptor_given_back(Ioctl number)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var veventq = await VeventqCall(uapi);
        var before = await uapi.Mock.State();
        if (number == Ioctl.VeventqAlloc) uapi.Write(uapi.Structure, veventq with { Size = 32 });
        else uapi.Write(uapi.Structure, new IommuFaultAlloc { Size = 16 });
        var guarded = new UserProcess(new GuardedMemory(uapi.Mock.Memory) { Refuses = (_, writes) => writes > 0 });
        Assert.Equal(-(long)Errno.EFAULT, await uapi.File.IoctlAsync(guarded, (uint)number, uapi.Structure));
        Assert.Equal(before, await uapi.Mock.State());
        Assert.Equal(0, guarded.Files.Count);
    }

    [Fact]
    public async Task Event_files_and_accesses_keep_the_context_open_when_its_descriptor_is_closed()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var files = uapi.Process.Files;
        var descriptor = files.Install(uapi.File).Value;
        var (ioas, _, queue) = await Faulting(uapi);
        var (errno, access) = await uapi.Test(new IommuTestCmd { Op = TestOp.CreateAccess, Id = ioas });
        Assert.Equal(Errno.None, errno);
        var accessFile = Assert.IsType<MockAccessFile>(files.Find((int)access.CreateAccess.OutAccessFd));

        files.Close(descriptor);
        Assert.Equal(0, (await ((EventFile)files.Find((int)queue.OutFaultFd)!).ReadAsync(400)).Bytes.Length);
        files.Close((int)queue.OutFaultFd);
        Assert.False(uapi.File.Ended.IsCompleted);
        files.Close((int)access.CreateAccess.OutAccessFd);
        Assert.Equal(new Answer(Errno.None), await uapi.File.Ended);
        Assert.Equal(Answer.Success, await accessFile.Ended);
        Assert.Empty(uapi.Mock.Hardware.Machine.Devices);
    }

    private static async Task<(uint Ioas, TestMockDomain Device, IommuFaultAlloc Queue)> Faulting(MockUapiHarness uapi)
    {
        var ioas = await uapi.Ioas();
        var queue = await uapi.Succeed(Ioctl.FaultQueueAlloc, new IommuFaultAlloc());
        return (ioas, await uapi.Device(ioas), queue);
    }

    private static async Task<IommuVeventqAlloc> VeventqCall(MockUapiHarness uapi)
    {
        var ioas = await uapi.Ioas();
        var viommu = await MockUapiCalls.Viommu(uapi, ioas, (await uapi.Device(ioas)).OutIdevId);
        return new IommuVeventqAlloc { ViommuId = viommu, Type = VeventqType.Selftest, VeventqDepth = 8 };
    }
}
