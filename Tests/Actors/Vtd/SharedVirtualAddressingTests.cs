using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Hardware.Vtd;
using Iommu.Tests.Ioctls;
using Port = Iommu.Hardware.Vtd.Port;

namespace Iommu.Tests.Actors.Vtd;

/// <summary>
/// A guest shares a process's address space with its device (vSVA): its first stage on a PASID, page faults by the fault queue, answers
/// back to the device, and invalidations by the guest's own queue, without the VMM.
/// </summary>
public sealed class SharedVirtualAddressingTests : IAsyncDisposable
{
    private const uint Pasid = 0x4_0001;
    private const ushort GuestDomain = 9;
    private const ushort GuestSource = 0x0100;
    private const ulong Ring = 0x8000;
    private const ulong Status = 0x9000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly VtdMachine _machine;
    private readonly SemaphoreSlim _responses = new(0);
    private readonly ActorSystem _system = ActorSystem.Create("vtd", SimulatorConfig.None);
    private readonly UserAddressSpace _memory;
    private readonly ulong _ram;
    private ulong _page;
    private uint _tail;
    private IommufdContext _context = null!;
    private EventQueueAnswer _faults = null!;
    private ObjectId _device;
    private ObjectId _parent;
    private ObjectId _viommu;
    private ObjectId _nested;

    public SharedVirtualAddressingTests()
    {
        _machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesWithAts = 1, DecorateQueue = (_, queue) => new ResponseWatch(queue, _responses),
        });
        _memory = _machine.CreateProcess();
        _ram = _memory.Allocate(0x40_0000, contiguous: true).Value;
    }

    [Fact]
    public async Task A_page_that_is_missing_is_asked_for_mapped_answered_reached_and_taken_away_again()
    {
        await SetUp();
        await CreateQueue();
        var port = _machine.OpenPort(_machine.Devices[0], Pasid);
        Assert.False(port.Translate(0x5000, Access.Write).Succeeded);

        var (group, cookie) = await Fault(port, 0x5000);
        Put(0x4000 + 5 * 8, 0x10_5007);
        Assert.Equal(8UL, (await _faults.File.Respond((cookie, (uint)PageResponseCode.Success))).Value);
        await ExpectResponse(port, group, PageGroupResponse.Success);
        Assert.Equal(Host(0x10_5000), port.Translate(0x5000, Access.Write).Address);

        Put(0x4000 + 5 * 8, 0);
        Assert.True(port.Translate(0x5000, Access.Write).Succeeded);
        Issue(Descriptor.PasidIotlbPages(GuestDomain, Pasid, 0x5000, 0, true),
            Descriptor.PasidDeviceTlb(GuestSource, Pasid, 0x5000, 0), Descriptor.Wait(Status, 1));
        Until(() => _machine.Memory.Read32(Host(Status)) == 1);
        Assert.False(port.Translate(0x5000, Access.Write).Succeeded);
    }

    [Fact]
    public async Task I11_a_bad_descriptor_stops_the_guests_queue_until_it_is_mended()
    {
        await SetUp();
        await CreateQueue();
        Issue(Descriptor.ContextCacheAll(), Descriptor.Wait(Status, 1));
        Until(() => _machine.Memory.Read64(_page + GuestInvalidationQueue.ErrorOffset) == (ulong)QueueError.DescriptorType);
        // The host's own queue, and what it answers, goes on.
        await Ok(new Destroy(await Ok(new IoasAlloc())));
        Assert.Equal((0UL, 0u), (_machine.Memory.Read64(_page), _machine.Memory.Read32(Host(Status))));
        var mended = Descriptor.Wait(Status, 5);
        Put(Ring, mended.Word0);
        Put(Ring + 8, mended.Word1);
        _machine.Memory.Write64(_page + GuestInvalidationQueue.ErrorOffset, 0);
        Until(() => _machine.Memory.Read32(Host(Status)) == 1);
    }

    [Fact]
    public async Task I10_a_ring_that_is_destroyed_is_not_read_whatever_the_guest_writes()
    {
        await SetUp();
        var queue = await CreateQueue();
        Issue(Descriptor.Wait(Status, 1));
        Until(() => _machine.Memory.Read32(Host(Status)) == 1);
        await Ok(new Destroy(queue));
        Issue(Descriptor.Wait(Status, 2));
        Assert.Equal(QueueStep.Idle, _machine.Units[0].GuestQueues[0].Step());
        await CreateQueue();
        Assert.Equal(QueueStep.Idle, _machine.Units[0].GuestQueues[0].Step());
        Assert.Equal(1u, _machine.Memory.Read32(Host(Status)));
    }

    [Fact]
    public async Task A_fault_of_the_guests_first_stage_is_read_from_its_event_queue_with_its_own_id_of_the_device()
    {
        await SetUp();
        var events = (EventQueueAnswer)await _context.CallAsync(new VeventqAlloc(_viommu, VeventqType.VtdDirect, 8));
        var second = await Ok(new DeviceBind(_machine.Devices[1].Name));
        await Ok(new VdeviceAlloc(_viommu, second, GuestSource + 8));
        await Ok(new DeviceAttach(second, _nested, Pasid));
        Assert.False(_machine.OpenPort(_machine.Devices[1], Pasid).Translate(0x7000, Access.Read).Succeeded);
        await events.File.PollAsync(Soon);
        var bytes = (await events.File.ReadAsync(400)).Bytes.ToArray();
        var record = new FaultRecord(BitConverter.ToUInt64(bytes, bytes.Length - 16), BitConverter.ToUInt64(bytes, bytes.Length - 8));
        Assert.Equal((FaultReason.FirstStageNotPresent, (ushort)(GuestSource + 8), (uint?)Pasid, 0x7000UL, true),
            (record.Reason, record.SourceId, record.Pasid, record.Address, record.IsRead));
        // The host's own faults are taken out of their registers too, so that none is in the way of the next.
        var plain = _machine.OpenPort(_machine.Devices[2]);
        for (var i = 0; i < 100; i++) plain.Translate(0x1000, Access.Read);
        Until(() => _machine.Units[0].Registers.FaultStatus == FaultStatus.None);
    }

    [Fact]
    public async Task A_fault_that_the_guest_refuses_reaches_the_device_as_INVALID()
    {
        await SetUp();
        var port = _machine.OpenPort(_machine.Devices[0], Pasid);
        port.Translate(0x5000, Access.Read);
        var (group, cookie) = await Fault(port, 0x5000);
        await _faults.File.Respond((cookie, (uint)PageResponseCode.Invalid));
        await ExpectResponse(port, group, PageGroupResponse.Invalid);
    }

    [Fact]
    public async Task A_detach_answers_the_faults_that_are_open_and_leaves_the_PASID_blocked()
    {
        await SetUp();
        var port = _machine.OpenPort(_machine.Devices[0], Pasid);
        port.Translate(0x5000, Access.Read);
        var (group, _) = await Fault(port, 0x5000);
        await Ok(new DeviceDetach(_device, Pasid));
        await ExpectResponse(port, group, PageGroupResponse.Invalid);
        Put(0x4000 + 5 * 8, 0x10_5007);
        Assert.False(port.Translate(0x5000, Access.Read).Succeeded);
    }

    [Fact]
    public async Task The_trapped_path_is_there_too_and_a_close_leaves_no_frame()
    {
        var before = _machine.Frames.InUse;
        await SetUp();
        await CreateQueue();
        Put(0x4000 + 5 * 8, 0x10_5007);
        var port = _machine.OpenPort(_machine.Devices[0], Pasid);
        Assert.True(port.Translate(0x5000, Access.Read).Succeeded);
        Put(0x4000 + 5 * 8, 0);
        var answer = await _context.CallAsync(
            new HwptInvalidate(_nested, InvalidateDataType.VtdS1, 24, 1, VtdParts.Invalidation(0x5000, 1)));
        Assert.Equal((Errno.None, 1UL), (answer.Errno, answer.Value));
        Assert.False(port.Translate(0x5000, Access.Read).Succeeded);
        await Expect(Errno.EOPNOTSUPP, new HwptInvalidate(_viommu, InvalidateDataType.VtdS1, 24, 1, VtdParts.Invalidation(0, 1)));
        await Expect(Errno.EINVAL, new HwQueueAlloc(_viommu, HwQueueType.VtdInvalidation, 1, Ring, 4096));
        await Expect(Errno.EOPNOTSUPP, new HwQueueAlloc(_viommu, HwQueueType.Tegra241Cmdqv, 0, Ring, 4096));

        Assert.Equal(0UL, (await _context.CloseAsync()).Value);
        // The PASID table of a device stays with it.
        Assert.Equal(before + 1, _machine.Frames.InUse);
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private async Task SetUp()
    {
        _context = await new IommuSimulator(_system, _machine.ToMachine()).OpenAsync("vsva", new UserProcess(_memory));
        _device = await Ok(new DeviceBind(_machine.Devices[0].Name));
        var ioas = await Ok(new IoasAlloc());
        await Ok(new IoasMap(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, _ram, 0x40_0000, 0));
        _parent = await Ok(new HwptAlloc(_device, ioas, HwptAllocFlags.NestParent));
        var viommu = (ViommuAnswer)await _context.CallAsync(new ViommuAlloc(_device, _parent, ViommuType.VtdDirect, 0, new byte[16]));
        _viommu = viommu.Viommu;
        _page = (await _context.CallAsync(new Mmap(BitConverter.ToUInt64(viommu.Data.Span), PhysicalMemory.PageBytes))).Value;
        await Ok(new VdeviceAlloc(_viommu, _device, GuestSource));
        _faults = (EventQueueAnswer)await _context.CallAsync(new FaultQueueAlloc());
        foreach (var level in new ulong[] { 1, 2, 3 }) Put(level << 12, ((level + 1) << 12) | 7);
        _nested = await Ok(new HwptAlloc(_device, _viommu, HwptAllocFlags.Pasid | HwptAllocFlags.FaultIdValid,
            HwptDataType.VtdDirectS1, FirstStage(), _faults.Queue));
        await Ok(new DeviceAttach(_device, _nested, Pasid));
    }

    private Task<ObjectId> CreateQueue()
    {
        _tail = 0;
        return Ok(new HwQueueAlloc(_viommu, HwQueueType.VtdInvalidation, 0, Ring, 4096));
    }

    /// <summary>The device asks, the interrupt's actor passes it on, the VMM reads it.</summary>
    private async Task<(uint Group, uint Cookie)> Fault(Port port, ulong address)
    {
        const uint group = 42;
        Assert.True(port.RequestPage(address, Access.Write, group));
        await _faults.File.PollAsync(Soon);
        var fault = MemoryMarshal.Read<IommuHwptPgfault>((await _faults.File.ReadAsync(40)).Bytes.Span);
        Assert.Equal((PageFaultFlags.PasidValid | PageFaultFlags.LastPage, _device.Value, Pasid, group, address),
            (fault.Flags, fault.DevId, fault.Pasid, fault.Grpid, fault.Addr));
        return (group, fault.Cookie);
    }

    private async Task ExpectResponse(Port port, uint group, int code)
    {
        Assert.True(await _responses.WaitAsync(Soon));
        Assert.Equal(code, port.TakePageResponse(group));
    }

    private static byte[] FirstStage()
    {
        var data = new IommuHwptVtdDirectS1
        {
            FirstStage = new IommuHwptVtdS1 { PgtblAddr = 0x1000, AddrWidth = 48 }, GuestDomainId = GuestDomain,
        };
        return MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref data, 1)).ToArray();
    }

    /// <summary>What the guest's driver does: descriptors into the ring, then the tail into the register.</summary>
    private void Issue(params Descriptor[] descriptors)
    {
        foreach (var one in descriptors)
        {
            Put(Ring + _tail, one.Word0);
            Put(Ring + _tail + 8, one.Word1);
            _tail = (_tail + Descriptor.Bytes) % 4096;
        }
        _machine.Memory.Write64(_page + GuestInvalidationQueue.TailOffset, _tail);
    }

    private static void Until(Func<bool> done) => Assert.True(SpinWait.SpinUntil(done, Soon));

    private async Task<ObjectId> Ok(Call call)
    {
        var answer = await _context.CallAsync(call);
        Assert.Equal((call, Errno.None), (call, answer.Errno));
        return answer.Id;
    }

    private async Task Expect(Errno errno, Call call) => Assert.Equal(errno, (await _context.CallAsync(call)).Errno);

    private ulong Host(ulong gpa) => _memory.Translate(_ram + (gpa & ~0xFFFUL))!.Value + (gpa & 0xFFF);

    private void Put(ulong gpa, ulong value) => _machine.Memory.Write64(Host(gpa), value);

    /// <summary>Tells when a page group response has been consumed.</summary>
    private sealed class ResponseWatch(ICommandQueue inner, SemaphoreSlim responses) : ICommandQueue
    {
        private readonly Queue<ulong> _ends = new();
        private ulong _produced = inner.ConsumedTotal;

        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            var taken = inner.Produce(words);
            for (var i = 0; i < taken; i += WordsPerCommand)
            {
                _produced++;
                if (new Descriptor(words[i], words[i + 1]).Type == DescriptorType.PageGroupResponse) _ends.Enqueue(_produced);
            }
            return taken;
        }

        public QueueStep Step()
        {
            var step = inner.Step();
            while (_ends.TryPeek(out var end) && end <= inner.ConsumedTotal)
            {
                _ends.Dequeue();
                responses.Release();
            }
            return step;
        }
    }
}
