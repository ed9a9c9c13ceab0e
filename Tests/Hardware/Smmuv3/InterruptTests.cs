using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>The driver's side of the event and PRI rings: overflow, guests' events, answers to page requests.</summary>
public class InterruptTests
{
    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { DevicesPerSmmu = 12, Registers = Registers.Complete });
    private readonly FaultList _faults = new();

    private Registers Registers => _machine.Smmus[0].Registers;

    private Iommu.Hardware.Smmuv3.Driver.Smmuv3Driver Driver => _machine.Drivers[0];

    [Fact]
    public void Events_that_found_the_ring_full_are_counted_as_an_overflow_once_and_the_ring_goes_on()
    {
        var port = FaultingPort();
        for (var round = 1; round <= 3; round++)
        {
            for (var i = 0; i < 600; i++) port.Translate(0x1000, Access.Read);
            Assert.NotEqual(Registers.EventProducer >> 31, Registers.EventConsumer >> 31);
            Service();
            Assert.Equal((round, Registers.EventProducer), (Driver.EventOverflows, Registers.EventConsumer));
        }
        Service();
        Assert.Equal(3, Driver.EventOverflows);
    }

    [Fact]
    public void An_interrupt_is_raised_once_until_it_is_served()
    {
        var raised = 0;
        Driver.Raised = () => raised++;
        var port = FaultingPort();
        for (var i = 0; i < 3; i++) port.Translate(0x1000, Access.Read);
        Assert.Equal(1, raised);
        Service();
        port.Translate(0x1000, Access.Read);
        Assert.Equal(2, raised);
    }

    [Fact]
    public void The_recorded_events_reach_the_guest_as_the_kernel_passed_them_on()
    {
        var capture = Capture.Open(TestData.Find("linux-nested-4k"));
        var events = new EventCollector();
        AttachGuest(capture, events);
        foreach (var record in capture.Events)
        {
            Put(record);
            Service();
        }
        var recorded = GuestCall.Read(capture).OfType<GuestCall.VirtualEvent>().Where(call => call.Words.Length == 4).ToList();
        Assert.True(recorded.Count > 5_000, $"{recorded.Count} events");
        var at = 0;
        foreach (var call in recorded)
        {
            while (at < events.All.Count && !events.All[at].SequenceEqual(call.Words)) at++;
            Assert.True(at++ < events.All.Count, $"row {call.Row} is not among the {events.All.Count} events that were passed on");
        }
        Assert.Empty(_faults.All);
    }

    [Fact]
    public void Page_requests_are_denied_when_their_group_is_complete()
    {
        var device = _machine.Smmus[0].OpenPageRequests(_machine.Devices[0].StreamId);
        device.Request(0x1000, Access.Read, group: 3, isLast: false);
        device.Request(0x2000, Access.Write, group: 3, isLast: true);
        device.Request(0x2000, Access.Write, group: 4, isLast: true, substream: 9);
        Assert.False(device.TryTakeResponse(out _));
        Service();
        Assert.True(device.TryTakeResponse(out var first));
        Assert.True(device.TryTakeResponse(out var second));
        Assert.Equal(new PageResponse(null, 3, PageRequestOutcome.Failure), first);
        Assert.Equal(new PageResponse(9, 4, PageRequestOutcome.Failure), second);
        Assert.False(device.TryTakeResponse(out _));
    }

    [Fact]
    public void Page_requests_that_find_the_ring_full_are_answered_by_the_SMMU_until_the_overflow_is_acknowledged()
    {
        var device = _machine.Smmus[0].OpenPageRequests(_machine.Devices[0].StreamId);
        for (var i = 0; i < 512; i++) device.Request(0x1000, Access.Read, i % 512, isLast: false);
        device.Request(0x1000, Access.Read, group: 1, isLast: false);
        device.Request(0x1000, Access.Read, group: 1, isLast: true);
        Assert.True(device.TryTakeResponse(out var response));
        Assert.Equal(new PageResponse(null, 1, PageRequestOutcome.Success), response);

        // There is room again, but software has not yet said that it knows of the overflow.
        Registers.PageRequestConsumer = 100;
        device.Request(0x1000, Access.Read, group: 2, isLast: true);
        Assert.True(device.TryTakeResponse(out response));
        Assert.Equal(PageRequestOutcome.Success, response.Code);
        Service();
        Assert.Equal(1, Driver.PageRequestOverflows);
        device.Request(0x1000, Access.Read, group: 2, isLast: true);
        Assert.False(device.TryTakeResponse(out _));
    }

    [Fact]
    public void Page_requests_fail_where_the_queue_is_off()
    {
        Registers.Cr0 &= ~2u;
        var device = _machine.Smmus[0].OpenPageRequests(_machine.Devices[0].StreamId);
        device.Request(0x1000, Access.Read, group: 1, isLast: true);
        Assert.True(device.TryTakeResponse(out var response));
        Assert.Equal(PageRequestOutcome.Failure, response.Code);
    }

    private Port FaultingPort()
    {
        var device = _machine.Devices[0];
        Plan.Run(Driver.Attach(device, null, Driver.AllocPaging(device, HwptAllocFlags.None).Value!).Value!);
        return _machine.OpenPort(device);
    }

    private void AttachGuest(Capture capture, EventCollector events)
    {
        var parent = Driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        var viommu = Driver.AllocViommu(_machine.Devices[0], parent, new UserData(ViommuType.ArmSmmuv3), events).Value!;
        foreach (var (vsid, sid) in GuestCallTests.StreamIdOfVirtual)
        {
            var device = _machine.Devices.First(device => device.StreamId == sid);
            viommu.AddVdevice(device, vsid);
            byte[] entry = [.. BitConverter.GetBytes(0x1000UL | (5UL << 1) | 1), .. new byte[8]];
            Plan.Run(Driver.Attach(device, null, viommu.AllocNested(entry).Value!).Value!);
        }
    }

    private void Put(Iommu.Hardware.Smmuv3.Formats.EventRecord record)
    {
        var bytes = new byte[32];
        record.Write(bytes);
        _machine.Memory.Write((Registers.EventQueueBase & ~0x1FUL) + (Registers.EventProducer & 511) * 32, bytes);
        Registers.EventProducer = (Registers.EventProducer + 1) & 1023;
    }

    private void Service() => Plan.Run(Driver.Service(_faults));

    private sealed class EventCollector : IViommuServices
    {
        public List<ulong[]> All { get; } = [];

        public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes) => Errno.EINVAL;

        public void FreeMmap(ulong offset)
        {
        }

        public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) =>
            All.Add(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(data.Span).ToArray());
    }
}
