using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Short names for what scenarios on the machine of the model do.</summary>
internal abstract class ModelScenario : Scenario
{
    /// <summary>A mock device; one that has all that the mock has.</summary>
    protected const string Mock = "iommufd_mock0";

    /// <summary>Another one.</summary>
    protected const string OtherMock = "iommufd_mock2";

    /// <summary>A device that is alone in its group.</summary>
    protected const string Alone = "second-dev0";

    /// <summary>Within what the mock translates.</summary>
    protected const ulong Iova = 0x200_0000;

    protected const ulong Page = PhysicalMemory.PageBytes;

    protected static async Task<(ObjectId Device, ObjectId Ioas)> DeviceAsync(World world, string name = Mock) =>
        (await world.CallAsync(new DeviceBind(name)), await world.CallAsync(new IoasAlloc()));

    /// <summary>A device with a nest parent and a vIOMMU on it.</summary>
    protected static async Task<Guest> GuestAsync(World world)
    {
        var (device, ioas) = await DeviceAsync(world);
        var parent = await world.CallAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        return new Guest(device, ioas, parent, await world.CallAsync(new ViommuAlloc(device, parent, ViommuType.Selftest)));
    }

    protected static HwptAlloc Nested(ObjectId device, ObjectId parent) =>
        new(device, parent, HwptAllocFlags.None, HwptDataType.Selftest, new byte[8]);

    /// <summary>Memory of the process at an IOVA.</summary>
    protected static IoasMap Map(World world, ObjectId ioas, ulong iova = Iova, ulong pages = 1) => new(
        ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, world.Model!.Machine.Memory[0].Start,
        pages * Page, iova);

    protected sealed record Guest(ObjectId Device, ObjectId Ioas, ObjectId Parent, ObjectId Viommu);
}
