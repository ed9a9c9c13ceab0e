using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>The queues of a guest's vCPUs on a Tegra241 CMDQV: what its VMM sets up for them, once the vIOMMU stands.</summary>
internal static class DirectQueues
{
    private const ulong RingsStart = 0x200_0000_0000;
    private const int RingLog2 = 10;
    private const ulong RingBytes = 16UL << RingLog2;

    /// <summary>As many VINTFs as there are guests and the host, and all queues divided among them.</summary>
    public static CmdqvParameters ParametersFor(int guests)
    {
        var vintfsLog2 = 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)guests);
        return new CmdqvParameters(Math.Min(vintfsLog2, 6));
    }

    /// <summary>Gives a guest memory for its rings, before its VMM maps it.</summary>
    public static void AddMemory(GuestMemory memory, int vcpus, CmdqvParameters parameters) =>
        memory.Add(RingsStart, (ulong)Math.Min(vcpus, parameters.LogicalPerVintf) * RingBytes);

    /// <summary>A queue for each vCPU, as far as the VINTF has them; the others trap.</summary>
    /// <param name="vmm">Set up.</param>
    /// <param name="placed">The guest.</param>
    /// <param name="machine">What it runs on.</param>
    /// <param name="options">Of the run.</param>
    /// <param name="findings">Where the checkers report.</param>
    public static async Task<IReadOnlyList<DirectQueue>> SetUpAsync(
        Vmm vmm, StressMachine.Placed placed, StressMachine machine, StressOptions options, Findings findings)
    {
        var viommu = (Tegra241Viommu)vmm.Context.Table.Find(vmm.Viommu)!.Hardware!;
        var page0 = (await vmm.Call(new Mmap(vmm.MmapOffset, RegisterMap.PageBytes))).Value;
        var sids = placed.Guest.Describe(placed.Devices)
            .Zip(placed.Devices, (device, physical) => (device.VirtualStreamId, physical.StreamId))
            .ToDictionary(pair => pair.VirtualStreamId, pair => pair.StreamId);
        var queues = new List<DirectQueue>();
        for (var i = 0; i < Math.Min(options.Vcpus, machine.QueuesPerGuest); i++)
        {
            var ipa = RingsStart + (ulong)i * RingBytes;
            await vmm.Call(new HwQueueAlloc(vmm.Viommu, HwQueueType.Tegra241Cmdqv, (uint)i, ipa, RingBytes));
            var ring = new VcmdqRing(
                $"{placed.Guest.Name} vcpu {i} queue", machine.Memory, placed.Guest.Memory.PhysicalOf(ipa), RingLog2, page0, i);
            QueueOwnerChecker.Check(ring, findings);
            ring.Enable();
            queues.Add(new DirectQueue(ring, machine.Watch(ring, Effective), options.Queues ?? QueueUse.Both, findings));
        }
        return queues;

        // What the hardware should make of a command: the yardstick for I8, not what it does make of it.
        Command Effective(Command command) => command.Opcode switch
        {
            Opcode.AtcInv => command with { Word0 = (uint)command.Word0 | ((ulong)sids[command.StreamId] << 32) },
            Opcode.Sync => command,
            _ => command with { Word0 = (command.Word0 & ~0xFFFF_0000_0000UL) | ((ulong)viommu.Vmid << 32) },
        };
    }
}
