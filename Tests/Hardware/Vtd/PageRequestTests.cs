using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages.Uapi;
using Port = Iommu.Hardware.Vtd.Port;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>Page requests of devices, in the ring and out of it, and their answers.</summary>
public class PageRequestTests
{
    private const uint Pasid = 5;

    private readonly VtdMachine _machine = VtdMachine.Create(new VtdMachineOptions { DevicesWithAts = 1 });
    private readonly IPagingDomain _domain;
    private readonly Port _port;
    private readonly List<(PhysicalDevice Device, PageFault Fault)> _reported = [];

    public PageRequestTests()
    {
        _domain = Driver.AllocPaging(Device, HwptAllocFlags.Pasid).Value!;
        Plan.Run(Driver.AttachPasid(Device, Pasid, null, _domain).Value!);
        _port = _machine.OpenPort(Device, Pasid);
    }

    private PhysicalDevice Device => _machine.Devices[0];

    private VtdDriver Driver => _machine.Drivers[0];

    [Fact]
    public void A_device_that_gets_no_translation_asks_for_the_page_and_goes_on_when_it_is_answered()
    {
        Assert.Equal(FaultReason.FirstStageNotPresent, _port.Translate(0x7000, Access.Write).Reason);
        Assert.Empty(_machine.Units[0].Faults.Take());
        Assert.True(_port.RequestPage(0x7000, Access.Write, group: 300));
        Assert.Empty(Driver.ServicePageRequests(Report));

        Assert.Equal((Device, new PageFault(
            PageFaultFlags.PasidValid | PageFaultFlags.LastPage, Pasid, 300, PageFaultPermissions.Write, 0x7000)),
            Assert.Single(_reported));
        Assert.Null(_port.TakePageResponse(300));
        _domain.Map(0x7000, 0x9000, 0x1000, Access.ReadWrite);
        Plan.Run(Driver.RespondToFaults(Device, [_reported[0].Fault], PageResponseCode.Success));

        Assert.Equal(PageGroupResponse.Success, _port.TakePageResponse(300));
        Assert.Equal(0x9000UL, _port.Translate(0x7000, Access.Write).Address);
    }

    [Fact]
    public void A_request_that_nobody_can_serve_is_answered_INVALID_at_once()
    {
        _port.RequestPage(1UL << 50, Access.Read, group: 1);
        var privileged = _machine.Units[0].OpenPort(Device.StreamId, new PortOptions(true, Pasid, Privileged: true));
        privileged.RequestPage(0x1000, Access.Read, group: 2);
        // A stop marker is not answered at all.
        _port.RequestPage(0x1000, Access.None, group: 3);

        Plan.Run(Driver.ServicePageRequests(Report));

        Assert.Empty(_reported);
        Assert.Equal([PageGroupResponse.Invalid, PageGroupResponse.Invalid, null],
            new uint[] { 1, 2, 3 }.Select(group => _port.TakePageResponse(group)));
    }

    [Fact]
    public void A_full_ring_answers_failure_until_software_has_emptied_it()
    {
        for (var i = 0u; i < 2047; i++) Assert.True(_port.RequestPage(0x1000, Access.Read, group: 1, isLast: false));
        Assert.False(_port.RequestPage(0x1000, Access.Read, group: 2));
        Assert.Equal(PageGroupResponse.Failure, _port.TakePageResponse(2));
        Assert.True(_machine.Units[0].Registers.PageRequestOverflow);

        Assert.Empty(Driver.ServicePageRequests(Report));
        Assert.Equal(2047, _reported.Count);
        Assert.True(_port.RequestPage(0x1000, Access.Read, group: 2));
    }

    [Fact]
    public void A_device_without_ATS_is_not_let_ask()
    {
        var port = _machine.Units[0].OpenPort(_machine.Devices[1].StreamId);
        Assert.False(port.RequestPage(0x1000, Access.Read, group: 1));
        Assert.Equal(FaultReason.PageRequestDisabled, Assert.Single(_machine.Units[0].Faults.Take()).Reason);
    }

    private void Report(PhysicalDevice device, PageFault fault) => _reported.Add((device, fault));
}
