using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>What scenarios on an SMMUv3 have: a guest with tables of its own, and devices that do DMA step by step.</summary>
internal abstract class SmmuScenario : Scenario
{
    public override WorldHardware Build(Decoration decoration, Findings findings) => new SmmuWorldHardware(decoration, findings);

    protected static SmmuWorldHardware HardwareOf(World world) => (SmmuWorldHardware)world.Hardware;

    protected static PhysicalDevice Device(World world, int index) => world.Hardware.Machine.Devices[index];

    /// <summary>A transaction of a device, a step a turn.</summary>
    /// <returns>What came of it.</returns>
    protected static async Task<Translation> TranslateAsync(Caller caller, Port port, ulong iova)
    {
        port.Begin(iova, Access.Read);
        while (!port.Step()) await caller.PauseAsync();
        return port.Result;
    }

    /// <summary>A guest whose VMM has set it up, with one device on a nested HWPT.</summary>
    protected sealed class Guest
    {
        private Guest(GuestDriver driver, Vmm vmm) => (Driver, Vmm) = (driver, vmm);

        public GuestDriver Driver { get; }

        public Vmm Vmm { get; }

        public GuestAddressSpace Space => Driver.Spaces[0];

        /// <param name="world">The run.</param>
        /// <param name="device">What it has.</param>
        /// <param name="iommu">What it drives; an SMMUv3 when null.</param>
        /// <param name="ring">More memory for a ring, by its IPA and length; null for none.</param>
        public static async Task<Guest> SetUpAsync(
            World world, PhysicalDevice device, GuestIommu? iommu = null, (ulong Ipa, ulong LengthBytes)? ring = null)
        {
            var memory = new GuestMemory(HardwareOf(world).Physical, world.Hardware.Memory);
            if (ring is { } more) memory.Add(more.Ipa, more.LengthBytes);
            var driver = new GuestDriver(memory, new GuestLayout(1, 1, 8), [device.HasAts], iommu);
            var vmm = new Vmm(
                world.Context, memory, [new VmmDevice(device.Name, driver.Spaces[0].StreamId, driver.Spaces[0].DeviceEntry())],
                driver.Iommu);
            await vmm.SetUpAsync();
            return new Guest(driver, vmm);
        }

        public ulong IovaOf(int page) => Driver.Layout.PageIova(0, page);
    }
}
