using System.Collections.Immutable;
using Iommu.Hardware.Drivers;

namespace Iommu.Hardware.Processors;

/// <summary>
/// The host's hypervisor: it gives each VM a VMID, and is where IOMMUs join that take part in the TLB maintenance of the processors
/// (SMMUv3: BTM). Those take their VMIDs from here too, so that none is a VM's and another guest's at once.
/// </summary>
public sealed class KvmHost
{
    private const int VmidBits = 16;

    private ImmutableArray<IBroadcastListener> _listeners = [];

    /// <summary>VMIDs of the processors.</summary>
    public IdAllocator Vmids { get; } = new(1, (1 << VmidBits) - 1);

    internal ImmutableArray<IBroadcastListener> Listeners => _listeners;

    /// <summary>A new VM, or null when there is no VMID for it.</summary>
    public Kvm? Create(string name) => Vmids.Allocate() is { } vmid ? new Kvm(this, name, vmid) : null;

    public void Join(IBroadcastListener listener) =>
        ImmutableInterlocked.Update(ref _listeners, (list, added) => list.Add(added), listener);
}
