using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>One guest of a run: what its VMM sets up, what its vCPUs invalidate, what its devices do.</summary>
internal abstract class StressGuest(string name, GuestMemory memory, GuestIommu iommu)
{
    public string Name => name;

    public GuestMemory Memory => memory;

    public GuestIommu Iommu => iommu;

    public virtual HotPlugMemory? HotPlug => null;

    /// <summary>Which of its devices need an ATC, in order; the spare device is not among them.</summary>
    public abstract IReadOnlyList<bool> DevicesWithAts { get; }

    /// <summary>What its VMM is to set up for them.</summary>
    /// <param name="devices">Devices of the machine, as many as <see cref="DevicesWithAts"/>.</param>
    public abstract IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices);

    /// <param name="vcpu">Which.</param>
    /// <param name="vmm">Set up.</param>
    /// <param name="seed">Of the run.</param>
    public abstract VcpuWork Vcpu(int vcpu, Vmm vmm, RunSeed seed);

    /// <summary>The engines of its devices, named.</summary>
    /// <param name="ports">A port of each device, for the address space that the guest uses.</param>
    /// <param name="findings">Where they report.</param>
    /// <param name="seed">Of the run.</param>
    public abstract IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<IDmaPort> ports, Findings findings, RunSeed seed);
}

internal sealed class SyntheticGuest(string name, GuestDriver driver) : StressGuest(name, driver.Memory, driver.Iommu)
{
    public override HotPlugMemory HotPlug => driver.HotPlug;

    public override IReadOnlyList<bool> DevicesWithAts => [.. driver.Spaces.Select(space => space.HasAts)];

    public override IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices) => [.. driver.Spaces.Select((space, i) =>
        new VmmDevice(devices[i].Name, space.StreamId, space.DeviceEntry(), space.Asid, space.Pasid))];

    public override VcpuWork Vcpu(int vcpu, Vmm vmm, RunSeed seed) =>
        new SyntheticVcpu(driver, vmm.InvalidationTargets, vcpu, seed.Value, seed.NextStream());

    public override IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<IDmaPort> ports, Findings findings, RunSeed seed)
    {
        for (var i = 0; i < driver.Spaces.Count; i++)
        {
            var device = $"{Name} device {i}";
            yield return (device, new SyntheticDma(device, ports[i], driver, driver.Spaces[i], findings, seed.Value, seed.NextStream()));
        }
    }
}

internal sealed class CapturedGuest(string name, CaptureGuest guest, GuestIommu iommu, int vcpus)
    : StressGuest(name, guest.Memory, iommu)
{
    public override IReadOnlyList<bool> DevicesWithAts => [.. guest.Devices.Select(_ => false)];

    public override IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices) =>
        [.. guest.Devices.Select((device, i) => new VmmDevice(devices[i].Name, device.VirtualStreamId, device.StreamTableEntry))];

    public override VcpuWork Vcpu(int vcpu, Vmm vmm, RunSeed seed) => new CaptureVcpu(guest, vmm.Viommu, vcpu, vcpus);

    public override IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<IDmaPort> ports, Findings findings, RunSeed seed) =>
        [($"{Name} devices", new CaptureDma(guest, [.. ports.Cast<Smmuv3Port>()], findings, start: 0))];
}

/// <summary>The seed of a run, and the random sequences that its workers take from it, in the order in which they are made.</summary>
internal sealed class RunSeed(int value)
{
    private int _streams;

    public int Value => value;

    public int NextStream() => ++_streams;
}
