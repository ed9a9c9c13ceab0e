using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Two vIOMMUs on one IOMMU and one stage 2, whose guests have chosen the same ASID.</summary>
internal sealed class TwoGuests : SmmuScenario
{
    // The first one's tables take a few dozen pages from the start of RAM, and 2 MiB are kept for them.
    private const ulong SecondTables = GuestLayout.RamStart + 0x10_0000;
    private const int Page = 0;

    private Guest _first = null!;
    private GuestAddressSpace _second = null!;

    public override string Name => "two-guests";

    public override string Summary => "DMA of two devices, each of a vIOMMU of its own on one stage 2, under one ASID";

    public override async Task SetUpAsync(World world)
    {
        _first = await Guest.SetUpAsync(world, Device(world, 0));
        var (driver, vmm, table) = (_first.Driver, _first.Vmm, SecondTables);
        _second = new GuestAddressSpace(
            driver.Memory, driver.Layout, driver.Iommu, () => (table += GuestMemory.PageBytes) - GuestMemory.PageBytes, 0,
            driver.Spaces[0].StreamId, hasAts: false);
        _second.UnmapPage(0, Page);
        _second.RemapPage(0, Page);
        var device = await world.CallAsync(new DeviceBind(Device(world, 1).Name));
        var viommu = await world.CallAsync(new ViommuAlloc(device, vmm.NestParent, ViommuType.ArmSmmuv3));
        await world.CallAsync(new VdeviceAlloc(viommu, device, _second.StreamId));
        var nested = await world.CallAsync(vmm.NestedCall(device, viommu, _second.DeviceEntry()));
        await world.CallAsync(new DeviceAttach(device, nested));
    }

    public override void Start(World world)
    {
        world.Caller("first", caller => CheckAsync(caller, 0, _first.Space));
        world.Caller("second", caller => CheckAsync(caller, 1, _second));
    }

    /// <summary>A device reaches what its own guest's tables say, and nothing of another's (I11).</summary>
    private async Task CheckAsync(Caller caller, int device, GuestAddressSpace space)
    {
        var port = HardwareOf(caller.World).OpenPort(Device(caller.World, device));
        for (var i = 0; i < 2; i++)
        {
            Translation result = await TranslateAsync(caller, port, _first.IovaOf(Page));
            var version = space.PageVersionAt(0, Page, _first.Driver.IpaOf(result.Address));
            var expected = space.Pages.VersionOf(_first.Driver.Layout.SlotOf(0, Page)) % GuestLayout.PageVersions;
            if (!result.Succeeded || version != expected) caller.World.Findings.Report(
                "I8", $"the DMA of device {device} is {result}, of version {version} of the page: its guest has mapped version {expected}");
        }
    }
}
