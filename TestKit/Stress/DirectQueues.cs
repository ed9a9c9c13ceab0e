using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>The queues of a guest's vCPUs: what its VMM sets up for them, once the vIOMMU stands.</summary>
internal static class DirectQueues
{
    private const ulong RingsStart = 0x200_0000_0000;

    /// <summary>Gives a guest memory for its rings, before its VMM maps it.</summary>
    public static void AddMemory(GuestMemory memory, int vcpus, GuestQueues queues) =>
        memory.Add(RingsStart, (ulong)Math.Min(vcpus, queues.PerGuest) * queues.RingBytes);

    /// <summary>A queue for each vCPU; where the guest can have fewer, several vCPUs use one.</summary>
    /// <param name="vmm">Set up.</param>
    /// <param name="placed">The guest.</param>
    /// <param name="queues">What it can have.</param>
    /// <param name="options">Of the run.</param>
    /// <param name="findings">Where the checkers report.</param>
    public static async Task<IReadOnlyList<DirectQueue>> SetUpAsync(
        Vmm vmm, StressMachine.Placed placed, GuestQueues queues, StressOptions options, Findings findings)
    {
        var registers = (await vmm.Call(new Mmap(vmm.Registers.Offset, vmm.Registers.LengthBytes))).Value;
        var viommu = (IViommuDriver)vmm.Context.Table.Find(vmm.Viommu)!.Hardware!;
        var devices = vmm.Describe(placed.Devices);
        var shared = new List<SharedQueue>();
        for (var i = 0; i < Math.Min(options.Vcpus, queues.PerGuest); i++)
        {
            var ipa = RingsStart + (ulong)i * queues.RingBytes;
            await vmm.Call(new HwQueueAlloc(vmm.Viommu, queues.Type, (uint)i, ipa, queues.RingBytes));
            var queue = queues.Open(new QueueGrant(
                $"{placed.Guest.Name} queue {i}", i, placed.Guest.Memory.PhysicalOf(ipa), registers, viommu, devices));
            QueueOwnerChecker.Check(queue.Ring.Name, queue.LeftOver, findings);
            queue.Enable();
            shared.Add(new SharedQueue(queue, findings));
        }
        return [.. Enumerable.Range(0, options.Vcpus)
            .Select(vcpu => new DirectQueue(shared[vcpu % shared.Count], options.EffectiveQueues))];
    }
}
