using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>A machine with a group of three devices, one of them never bound, beside those of the harness.</summary>
internal static class DeviceHarness
{
    public static readonly ObjectId Missing = new(99);

    public static async Task<SimulatorHarness> OpenAsync(string config = "", IEnumerable<PhysicalDevice>? more = null)
    {
        var iommu = new SimulatorHarness(
            ConfigurationFactory.ParseString(config).WithFallback(SimulatorConfig.None), harness => [.. Group(harness), .. more ?? []]);
        iommu.First.HasPasids = true;
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { PasidBits = 4, Ats = true };
        return await iommu.OpenAsync();
    }

    public static PhysicalDevice Device(this SimulatorHarness iommu, string name) => iommu.Machine.Find(name)!;

    /// <summary>The HWPT that the hardware has a device on; none when it is blocked.</summary>
    public static ObjectId PlaceOf(this SimulatorHarness iommu, string device, uint pasid = 0)
    {
        var place = iommu.First.PlaceOf(iommu.Device(device), pasid);
        return place is null ? ObjectId.None : iommu.IdOf(place);
    }

    public static Task<ObjectId> Hwpt(
        this SimulatorHarness iommu, ObjectId device, ObjectId ioas, HwptAllocFlags flags = HwptAllocFlags.None) =>
        iommu.Id(new HwptAlloc(device, ioas, flags));

    /// <summary>Two devices of the group, bound, and an IOAS.</summary>
    public static async Task<(ObjectId One, ObjectId Other, ObjectId Ioas)> BindGroupAsync(this SimulatorHarness iommu) =>
        (await iommu.Bind("one"), await iommu.Bind("other"), await iommu.Ioas());

    /// <summary>Has the page faults of an HWPT go to an actor, as if it had been allocated so.</summary>
    public static void GiveFaultQueue(this SimulatorHarness iommu, ObjectId hwpt, IActorRef queue)
    {
        var entry = iommu.Context.Table.Find(hwpt)!;
        iommu.Context.Table.Withdraw(hwpt);
        iommu.Context.Table.Publish(entry with { FaultQueue = queue });
    }

    private static IEnumerable<PhysicalDevice> Group(SimulatorHarness iommu)
    {
        var group = new IommuGroup("group");
        return new[] { "one", "other", "sibling" }.Select(
            (name, i) => new PhysicalDevice(name, 8 + (uint)i, iommu.First) { Group = group });
    }
}
