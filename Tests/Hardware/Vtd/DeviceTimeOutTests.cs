using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Vtd;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>
/// A device that does not complete an invalidation of its TLB, and what the driver makes of ITE (dmar.c, qi_check_fault).
/// </summary>
public class DeviceTimeOutTests
{
    private const ulong Iova = 0x20_0000;

    private readonly AtcTimeout _fault = new(new Victims(0));
    private readonly VtdMachine _machine;

    public DeviceTimeOutTests() => _machine = VtdMachine.Create(new VtdMachineOptions
    {
        DevicesWithAts = 1,
        DecorateQueue = (_, queue) =>
        {
            queue.LosesDeviceInvalidation = _fault.Loses;
            return queue;
        },
    });

    private PhysicalDevice Device => _machine.Devices[0];

    [Fact]
    public void What_was_not_completed_in_time_is_submitted_again()
    {
        var domain = Unmapped(out var port);
        Plan.Run(domain.Flush(Iova, 0x1000));

        Assert.Equal((1L, FaultStatus.None), (_machine.Drivers[0].DeviceTimeOuts, Errors));
        Assert.StartsWith("DeviceTlb", _fault.Victim);
        Assert.False(port.Translate(Iova, Access.Read).Succeeded);
    }

    [Fact]
    public void A_device_that_is_gone_is_given_up()
    {
        var domain = Unmapped(out _);
        _machine.Units[0].SetGone(Device.StreamId, true);
        Plan.Run(domain.Flush(Iova, 0x1000));

        Assert.Equal((1L, FaultStatus.None), (_machine.Drivers[0].DeviceTimeOuts, Errors));
    }

    private FaultStatus Errors => _machine.Units[0].Registers.FaultStatus & (FaultStatus.TimeOut | FaultStatus.QueueError);

    private IPagingDomain Unmapped(out Port port)
    {
        var domain = _machine.Drivers[0].AllocPaging(Device, HwptAllocFlags.None).Value!;
        domain.Map(Iova, 0x9000, 0x1000, Access.Read);
        Plan.Run(_machine.Drivers[0].Attach(Device, null, domain).Value!);
        port = _machine.OpenPort(Device);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        domain.Unmap(Iova, 0x1000);
        return domain;
    }
}
