using Iommu.Messages;

namespace Iommu.Hardware.Processors;

/// <summary>
/// A VM and the VMID that its vCPUs' translations are tagged with. The VMID is given back when the VM is closed and no vIOMMU has it any
/// more. Any thread may call it.
/// </summary>
public sealed class Kvm : IVirtualMachine
{
    private readonly Lock _lock = new();
    private readonly KvmHost _host;
    private readonly HashSet<object> _takers = [];
    private bool _closed;

    internal Kvm(KvmHost host, string name, int vmid) => (_host, Name, Vmid) = (host, name, vmid);

    public string Name { get; }

    public int Vmid { get; }

    /// <summary>
    /// Takes the VMID for a vIOMMU on an IOMMU: one at a time each, since two guests' IOMMUs that shared it would hit each other's
    /// translations. False when one has it, or the VM is closed.
    /// </summary>
    public bool TryTake(object iommu)
    {
        lock (_lock) return !_closed && _takers.Add(iommu);
    }

    public void GiveBack(object iommu)
    {
        lock (_lock)
        {
            _takers.Remove(iommu);
            FreeWhenUnused();
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            FreeWhenUnused();
        }
    }

    /// <summary>A TLBI of one of its vCPUs, broadcast, and the DSB after it, which every IOMMU that listens has a part in.</summary>
    public Broadcast Invalidate(CpuInvalidation invalidation) =>
        new([.. _host.Listeners.Select(listener => listener.Invalidate(Vmid, invalidation))]);

    private void FreeWhenUnused()
    {
        if (_closed && _takers.Count == 0) _host.Vmids.Free(Vmid);
    }
}
