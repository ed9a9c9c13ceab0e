using Iommu.Hardware.Drivers;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.Messages;
using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Stress;

/// <summary>One guest of a run: what its VMM sets up, what its vCPUs invalidate, what its devices do.</summary>
internal abstract class StressGuest(string name, GuestMemory memory)
{
    public string Name => name;

    public GuestMemory Memory => memory;

    public virtual HotPlugMemory? HotPlug => null;

    /// <summary>Which of its devices need an ATC, in order; the spare device is not among them.</summary>
    public abstract IReadOnlyList<bool> DevicesWithAts { get; }

    /// <summary>What its VMM is to set up for them.</summary>
    /// <param name="devices">Devices of the machine, as many as <see cref="DevicesWithAts"/>.</param>
    public abstract IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices);

    public abstract VcpuWork Vcpu(int vcpu, ObjectId viommu, RunSeed seed);

    /// <summary>The engines of its devices, named.</summary>
    public abstract IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<Port> ports, Findings findings, RunSeed seed);
}

internal sealed class SyntheticGuest(string name, GuestSmmuDriver driver) : StressGuest(name, driver.Memory)
{
    public override HotPlugMemory HotPlug => driver.HotPlug;

    public override IReadOnlyList<bool> DevicesWithAts => [.. driver.Spaces.Select(space => space.HasAts)];

    public override IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices) =>
        [.. driver.Spaces.Select((space, i) => new VmmDevice(devices[i].Name, space.StreamId, space.StreamTableEntry()))];

    public override VcpuWork Vcpu(int vcpu, ObjectId viommu, RunSeed seed) =>
        new SyntheticVcpu(driver, viommu, vcpu, seed.Value, seed.NextStream());

    public override IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<Port> ports, Findings findings, RunSeed seed)
    {
        for (var i = 0; i < driver.Spaces.Count; i++)
        {
            var device = $"{Name} device {i}";
            yield return (device, new SyntheticDma(device, ports[i], driver, driver.Spaces[i], findings, seed.Value, seed.NextStream()));
        }
    }
}

internal sealed class CapturedGuest(string name, CaptureGuest guest, int vcpus) : StressGuest(name, guest.Memory)
{
    public override IReadOnlyList<bool> DevicesWithAts => [.. guest.Devices.Select(_ => false)];

    public override IReadOnlyList<VmmDevice> Describe(IReadOnlyList<PhysicalDevice> devices) =>
        [.. guest.Devices.Select((device, i) => new VmmDevice(devices[i].Name, device.VirtualStreamId, device.StreamTableEntry))];

    public override VcpuWork Vcpu(int vcpu, ObjectId viommu, RunSeed seed) => new CaptureVcpu(guest, viommu, vcpu, vcpus);

    public override IEnumerable<(string Name, DmaEngine Engine)> Engines(IReadOnlyList<Port> ports, Findings findings, RunSeed seed) =>
        [($"{Name} devices", new CaptureDma(guest, ports, findings, start: 0))];
}

/// <summary>The seed of a run, and the random sequences that its workers take from it, in the order in which they are made.</summary>
internal sealed class RunSeed(int value)
{
    private int _streams;

    public int Value => value;

    public int NextStream() => ++_streams;
}
