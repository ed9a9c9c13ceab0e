using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>Logical VCMDQs of a guest's VINTF.</summary>
internal sealed class VcmdqQueues(
    int perGuest, PhysicalMemory memory, StaleTranslation<Command, CacheEntry> stale, FaultPlanter faults) : GuestQueues
{
    private const int RingLog2 = 10;

    public override HwQueueType Type => HwQueueType.Tegra241Cmdqv;

    public override int PerGuest => perGuest;

    public override ulong RingBytes => 16UL << RingLog2;

    public override GuestQueue Open(QueueGrant grant)
    {
        var vmid = (ulong)((Tegra241Viommu)grant.Viommu).Vmid;
        var sids = grant.Devices.ToDictionary(device => device.VirtualId, device => device.Physical.StreamId);
        return new VcmdqQueue(grant, memory, RingLog2, ring => stale.Watch(faults.InGuest(ring), command => [Effective(command)]));

        // What the hardware should make of a command: the yardstick for I8, not what it does make of it.
        Command Effective(Command command) => command.Opcode switch
        {
            Opcode.AtcInv => command with { Word0 = (uint)command.Word0 | ((ulong)sids[command.StreamId] << 32) },
            Opcode.Sync => command,
            _ => command with { Word0 = (command.Word0 & ~0xFFFF_0000_0000UL) | (vmid << 32) },
        };
    }
}
