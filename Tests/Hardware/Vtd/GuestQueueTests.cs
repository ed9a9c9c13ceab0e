using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Port = Iommu.Hardware.Vtd.Port;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>The guest's own invalidation queue: what it reaches, what it must not, and whom an error of it stops.</summary>
public class GuestQueueTests
{
    private const ulong Ring = 0x8000;
    private const ushort GuestDomain = 9;
    private const ushort GuestSource = 0x0100;

    private readonly VtdMachine _machine = VtdMachine.Create(new VtdMachineOptions { DevicesWithAts = 2 });
    private readonly Guest _one;
    private readonly Guest _other;

    public GuestQueueTests()
    {
        _one = new Guest(_machine, _machine.Devices[0], 1UL << 40);
        _other = new Guest(_machine, _machine.Devices[1], 1UL << 41);
    }

    [Fact]
    public void It_removes_what_the_guest_took_out_with_the_ids_of_the_guest_replaced()
    {
        Assert.True(_one.Port.Translate(0x2000, Access.Read).Succeeded);
        Assert.True(_other.Port.Translate(0x2000, Access.Read).Succeeded);
        _one.Put(0x4010, 0);
        _other.Put(0x4010, 0);

        _one.Issue(Descriptor.PasidIotlbPages(GuestDomain, 0, 0x2000, 0, true), Descriptor.DeviceTlb(GuestSource, 0x2000, 0),
            Descriptor.Wait(0x9000, 5));
        Assert.Equal(QueueStep.Idle, _one.Drain());

        Assert.Equal(5u, _machine.Memory.Read32(_one.Ram + 0x9000));
        Assert.False(_one.Port.Translate(0x2000, Access.Read).Succeeded);
        // Equal ids of another guest are other ids.
        Assert.True(_other.Port.Translate(0x2000, Access.Read).Succeeded);
    }

    [Fact]
    public void A_global_invalidation_is_one_of_the_guests_own_domains()
    {
        _one.Port.Translate(0x2000, Access.Read);
        var plain = _machine.OpenPort(_machine.Devices[2]);
        var third = _machine.Drivers[0].AllocPaging(_machine.Devices[2], HwptAllocFlags.None).Value!;
        third.Map(0, 0x5000, 0x1000, Access.Read);
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[2], null, third).Value!);
        plain.Translate(0, Access.Read);
        third.Unmap(0, 0x1000);
        _one.Put(0x4010, 0);

        _one.Issue(Descriptor.IotlbAll(), Descriptor.DeviceTlb(GuestSource, 0, Descriptor.AllPages));
        _one.Drain();

        Assert.False(_one.Port.Translate(0x2000, Access.Read).Succeeded);
        Assert.True(plain.Translate(0, Access.Read).Succeeded);
    }

    public static TheoryData<Descriptor, ulong> Refused => new()
    {
        { Descriptor.ContextCacheAll(), (ulong)QueueError.DescriptorType },
        { Descriptor.PasidCacheAll(), (ulong)QueueError.DescriptorType },
        { Descriptor.PageGroupResponse(GuestSource, null, 1, 0), (ulong)QueueError.DescriptorType },
        { new Descriptor(0xF, 0), (ulong)QueueError.DescriptorType },
        { Descriptor.DeviceTlb(GuestSource + 8, 0, 0), (ulong)QueueError.ReservedField },
        { Descriptor.PasidDeviceTlb(8, 3, 0, 0), (ulong)QueueError.ReservedField },
        { new Descriptor((ulong)DescriptorType.Iotlb, 0), (ulong)QueueError.ReservedField },
        { Descriptor.Wait(0xFFFF_F000, 1), (ulong)QueueError.Fetch },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void I11_an_error_stops_the_queue_of_its_guest_and_no_other(Descriptor descriptor, ulong error)
    {
        _one.Issue(descriptor, Descriptor.Wait(0x9000, 6));
        Assert.Equal(QueueStep.Stopped, _one.Drain());
        Assert.Equal((error, 0UL), (_one.Error, _one.Head));

        _other.Issue(Descriptor.Wait(0x9000, 7));
        Assert.Equal(QueueStep.Idle, _other.Drain());
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[2], null, null).Value!);
        Assert.Equal(FaultStatus.None, _machine.Units[0].Registers.FaultStatus);
        Assert.Equal(QueueStep.Idle, _machine.Units[0].Queue.Step());

        _one.Mend(Descriptor.Wait(0x9000, 5));
        Assert.Equal(QueueStep.Idle, _one.Drain());
        Assert.Equal(6u, _machine.Memory.Read32(_one.Ram + 0x9000));
    }

    [Fact]
    public void A_wait_descriptor_waits_for_requests_of_the_guests_devices_only()
    {
        _other.Port.Begin(0x2000, Access.Read);
        _one.Port.Begin(0x2000, Access.Read);
        _one.Issue(Descriptor.Wait(0x9000, 5));
        Assert.Equal(QueueStep.Waiting, _one.Drain());
        while (!_one.Port.Step()) { }
        Assert.Equal(QueueStep.Idle, _one.Drain());
    }

    [Fact]
    public void A_device_that_does_not_answer_stops_the_queue_that_asked_it()
    {
        _machine.Units[0].SetGone(_machine.Devices[0].StreamId, true);
        _one.Issue(Descriptor.DeviceTlb(GuestSource, 0, Descriptor.AllPages), Descriptor.Wait(0x9000, 5));
        Assert.Equal(QueueStep.Stopped, _one.Drain());
        Assert.Equal(GuestInvalidationQueue.TimeOut, _one.Error);
        Assert.Equal(FaultStatus.None, _machine.Units[0].Registers.FaultStatus);
    }

    [Fact]
    public void I10_nothing_that_one_owner_programmed_is_there_for_the_next()
    {
        _one.Issue(new Descriptor(0xF, 0));
        _one.Drain();
        _one.Leave();
        _one.Issue(Descriptor.Wait(0x9000, 9));
        Assert.Equal(QueueStep.Idle, _one.Drain());
        Assert.Equal(0u, _machine.Memory.Read32(_one.Ram + 0x9000));

        var next = new Guest(_machine, _machine.Devices[0], 1UL << 42, guestDomain: 4, guestSource: 0x200);
        Assert.Equal((0UL, 0UL), (next.Error, next.Head));
        next.Issue(Descriptor.DeviceTlb(GuestSource, 0, 0));
        Assert.Equal(QueueStep.Stopped, next.Drain());
    }

    [Fact]
    public void Its_calls_are_refused_with_their_errnos()
    {
        var viommu = _one.Viommu;
        Assert.Equal(Errno.EEXIST, viommu.AllocNested(HwptAllocFlags.None, Guest.FirstStage(GuestDomain)).Errno);
        Assert.Equal(Errno.EINVAL, viommu.AllocNested(HwptAllocFlags.None, Guest.FirstStage(1 << 16)).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, viommu.AllocNested(HwptAllocFlags.None, VtdParts.FirstStage(0)).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, viommu.AllocNested(HwptAllocFlags.DirtyTracking, Guest.FirstStage(1)).Errno);
        Assert.Equal(Errno.EEXIST, viommu.AddVdevice(_machine.Devices[2], GuestSource));
        Assert.Equal(Errno.EINVAL, viommu.AddVdevice(_machine.Devices[2], 1 << 16));
        Assert.Equal(Errno.EEXIST, viommu.InitHwQueue(HwQueueType.VtdInvalidation, 0, Ring, _one.Ram + Ring, 4096).Errno);
        Assert.Equal(Errno.EINVAL, viommu.InitHwQueue(HwQueueType.VtdInvalidation, 1, Ring, _one.Ram + Ring, 4096).Errno);
        Assert.Equal(Errno.EINVAL, viommu.InitHwQueue(HwQueueType.VtdInvalidation, 0, Ring, _one.Ram + Ring, 12288).Errno);
        Assert.Equal(Errno.EINVAL, _machine.Drivers[0].AllocViommu(
            _machine.Devices[0], _one.Parent, new UserData(ViommuType.VtdDirect, new byte[8]), NoViommuServices.Instance).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, _machine.Drivers[0].AllocViommu(
            _machine.Devices[0], _one.Parent, new UserData(ViommuType.ArmSmmuv3), NoViommuServices.Instance).Errno);
    }

    /// <summary>A guest with 16 pages from VA 0, one device, and a queue of 4 KiB.</summary>
    private sealed class Guest
    {
        private readonly VtdMachine _machine;
        private readonly PhysicalDevice _device;
        private readonly INestedDomain _nested;
        private readonly IHwQueueDriver _hardware;
        private readonly GuestInvalidationQueue _queue;
        private readonly ushort _source;
        private readonly Page _services = new();

        public Guest(VtdMachine machine, PhysicalDevice device, ulong ram, uint guestDomain = GuestDomain, ushort guestSource = GuestSource)
        {
            (_machine, _device, _source, Ram) = (machine, device, guestSource, ram);
            var driver = machine.Drivers[0];
            Parent = driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
            Parent.Map(0, ram, 0x40_0000, Access.ReadWrite);
            foreach (var level in new ulong[] { 1, 2, 3 }) Put(level << 12, ((level + 1) << 12) | 7);
            for (var page = 0UL; page < 16; page++) Put(0x4000 + page * 8, (0x10_0000 + (page << 12)) | 7);
            Viommu = (VtdViommu)driver.AllocViommu(device, Parent, new UserData(ViommuType.VtdDirect, new byte[16]), _services).Value!;
            Assert.Equal(Errno.None, Viommu.AddVdevice(device, guestSource));
            _nested = Viommu.AllocNested(HwptAllocFlags.None, FirstStage(guestDomain)).Value!;
            Plan.Run(driver.Attach(device, null, _nested).Value!);
            _hardware = Viommu.InitHwQueue(HwQueueType.VtdInvalidation, 0, Ring, ram + Ring, 4096).Value!;
            _queue = Viommu.Queue!;
            Port = machine.OpenPort(device);
        }

        public ulong Ram { get; }

        public IPagingDomain Parent { get; }

        public VtdViommu Viommu { get; }

        public Port Port { get; }

        public ulong Error => _machine.Memory.Read64(_services.Physical + GuestInvalidationQueue.ErrorOffset);

        public ulong Head => _machine.Memory.Read64(_services.Physical + GuestInvalidationQueue.HeadOffset);

        public static UserData FirstStage(uint guestDomain)
        {
            var data = new IommuHwptVtdDirectS1
            {
                FirstStage = new IommuHwptVtdS1 { PgtblAddr = 0x1000, AddrWidth = 48 }, GuestDomainId = guestDomain,
            };
            return new UserData(HwptDataType.VtdDirectS1, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref data, 1)).ToArray());
        }

        public void Put(ulong gpa, ulong value) => _machine.Memory.Write64(Ram + gpa, value);

        public void Issue(params Descriptor[] descriptors)
        {
            foreach (var one in descriptors) _queue.Produce([one.Word0, one.Word1, one.Word2, one.Word3]);
        }

        public QueueStep Drain()
        {
            while (true)
                if (_queue.Step() is var step and not QueueStep.Progress) return step;
        }

        /// <summary>Replaces the descriptor at the head and acknowledges the error.</summary>
        public void Mend(Descriptor descriptor)
        {
            ulong[] words = [descriptor.Word0, descriptor.Word1, 0, 0];
            for (var i = 0; i < words.Length; i++) Put(Ring + Head + (ulong)i * 8, words[i]);
            _machine.Memory.Write64(_services.Physical + GuestInvalidationQueue.ErrorOffset, 0);
        }

        public void Leave()
        {
            Plan.Run(_hardware.Free());
            Plan.Run(_machine.Drivers[0].Attach(_device, _nested, null).Value!);
            Plan.Run(_nested.Free());
            Viommu.RemoveVdevice(_source);
            Plan.Run(Viommu.Free());
        }
    }

    private sealed class Page : IViommuServices
    {
        public ulong Physical { get; private set; }

        public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes)
        {
            Assert.Equal((ulong)PhysicalMemory.PageBytes, lengthBytes);
            Physical = physical;
            return 0x1000;
        }

        public void FreeMmap(ulong offset) => Assert.Equal(0x1000UL, offset);

        public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) => Assert.Fail("no event is expected");
    }
}
