using Iommu.Tests.Hardware.Smmuv3;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Guests;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Guests;

public class CaptureGuestTests
{
    [Fact]
    public void A_captured_guest_behind_a_viommu_ends_every_access_as_recorded()
    {
        var capture = Capture.Open(TestData.Find("linux-nested-4k"));
        var machine = Smmuv3Machine.Create(new() { DevicesPerSmmu = 12 });
        var guest = CaptureGuest.Create(capture, capture.Snapshots[0], new GuestMemory(machine.Memory, machine.CreateProcess()));
        Assert.Equal(8, guest.Devices.Count);
        Assert.Equal(7, guest.Devices.Count(device => device.StreamTableEntry is not null));
        Assert.InRange(guest.Accesses.Count, 3_000, 100_000);
        Assert.InRange(guest.Invalidations.Count, 1, 1_000);

        var ports = Attach(machine, guest);
        var wrong = guest.Accesses.Where(access => !access.Matches(ports[access.Device].Translate(access.Iova, access.Access)))
            .Select(access => $"row {access.Row}: {ports[access.Device].Translate(access.Iova, access.Access)}, not {access}").Take(5);
        Assert.Empty(wrong);
    }

    private static List<Port> Attach(Smmuv3Machine machine, CaptureGuest guest)
    {
        var driver = machine.Drivers[0];
        var parent = driver.AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        foreach (var segment in guest.Memory.Segments)
            parent.Map(segment.Start, segment.Frames[0], segment.LengthBytes, segment.Access);
        var viommu = driver.AllocViommu(machine.Devices[0], parent).Value!;
        for (var i = 0; i < guest.Devices.Count; i++)
        {
            viommu.AddVdevice(machine.Devices[i], guest.Devices[i].VirtualStreamId);
            IDomain domain = guest.Devices[i].StreamTableEntry is { } entry
                ? viommu.AllocNested(entry).Value! : parent;
            Plan.Run(driver.Attach(machine.Devices[i], null, domain).Value!);
        }
        return [.. guest.Devices.Select((_, i) => machine.OpenPort(machine.Devices[i]))];
    }
}
