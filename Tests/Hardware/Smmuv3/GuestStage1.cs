using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>A guest with one device and one table of pages below 2 MiB, behind a vIOMMU of its own.</summary>
internal sealed class GuestStage1
{
    public const ushort Asid = 5;

    private const ulong Backing = 0x90_0000_0000;

    private readonly Smmuv3Machine _machine;
    private readonly ulong _first;

    /// <param name="machine">Where it is.</param>
    /// <param name="device">Its device, not attached yet.</param>
    /// <param name="vm">Its VM, if it has one.</param>
    /// <param name="parent">Its stage 2; one of its own when null.</param>
    /// <param name="first">The IPA of its tables.</param>
    public GuestStage1(
        Smmuv3Machine machine, PhysicalDevice device, IVirtualMachine? vm, IPagingDomain? parent = null, ulong first = 0)
    {
        (_machine, _first) = (machine, first);
        var driver = machine.Drivers[0];
        parent ??= driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
        if (parent.Lookup(0) is null) parent.Map(0, Backing, 0x20_0000, Access.ReadWrite);
        Viommu = (Smmuv3Viommu)driver.AllocViommu(device, parent, new UserData(ViommuType.ArmSmmuv3), new ServicesOfVm(vm)).Value!;
        Viommu.AddVdevice(device, 1);
        Put(0x1000, (1UL << 31) | (1UL << 41) | ((ulong)Asid << 48) | 16 | (1UL << 30) | (5UL << 32) | (1UL << 45));
        Put(0x1008, first + 0x2000);
        Put(0x2000, (first + 0x3000) | 3);
        Put(0x3000, (first + 0x4000) | 3);
        Put(0x4000, (first + 0x5000) | 3);
        byte[] entry = [.. BitConverter.GetBytes((first + 0x1000) | (5UL << 1) | 1), .. new byte[8]];
        Nested = Viommu.AllocNested(entry).Value!;
        Plan.Run(driver.Attach(device, null, Nested).Value!);
        Port = machine.OpenPort(device);
    }

    public Smmuv3Viommu Viommu { get; }

    public INestedDomain Nested { get; }

    public Port Port { get; }

    /// <summary>Writes the leaf of a page; null unmaps it.</summary>
    public void Map(ulong va, ulong? ipa) => Put(0x5000 + (va >> 12) * 8, ipa is { } target ? target | 0xC43 : 0);

    private void Put(ulong offset, ulong value) => _machine.Memory.Write64(Backing + _first + offset, value);
}
