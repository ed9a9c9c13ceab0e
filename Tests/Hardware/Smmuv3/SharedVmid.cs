using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>L3 put back: a vIOMMU whose devices have another's VMID in their entries, as where both take that of their parent.</summary>
internal static class SharedVmid
{
    private const ulong AddressMask = 0x000F_FFFF_FFFF_FFC0;

    public static void PutBack(Smmuv3Machine machine, PhysicalDevice device, int vmid)
    {
        var smmu = machine.SmmuOf(device);
        var level1 = (smmu.Registers.StreamTableBase & AddressMask) + (device.StreamId >> 8) * 8;
        var word = (machine.Memory.Read64(level1) & AddressMask) + (device.StreamId & 0xFF) * 64 + 16;
        machine.Memory.Write64(word, (machine.Memory.Read64(word) & ~0xFFFFUL) | (uint)vmid);
        var (config, sync) = (Command.CfgiSte(device.StreamId), Command.Sync());
        Plan.Run(new CommandBatch(machine.Drivers[0].Queue, new[] { config.Word0, config.Word1, sync.Word0, sync.Word1 }));
    }
}
