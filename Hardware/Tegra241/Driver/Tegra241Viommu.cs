using System.Numerics;
using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241.Driver;

/// <summary>
/// A vIOMMU with a VINTF behind it: what an SMMUv3's does, and queues that hardware drains. What a guest's queue may not carry is
/// trapped, and goes by the SMMU's own queue.
/// </summary>
public sealed class Tegra241Viommu : Smmuv3Viommu, IViommuDriver
{
    private const int CommandBytesLog2 = 4;
    private const ulong RingBytesMin = 32;

    private readonly Tegra241Driver _driver;
    private readonly IViommuServices _services;
    private readonly ulong _mmapOffset;
    private readonly IdAllocator _slots;
    private readonly Dictionary<ulong, int> _slotOf = [];
    private readonly Tegra241Queue?[] _queues;

    internal Tegra241Viommu(
        Tegra241Driver driver, Smmuv3PagingDomain parent, int vmid, int vintf, IViommuServices services, ulong mmapOffset)
        : base(driver.Smmu, parent, vmid, services)
    {
        (_driver, Vintf, _services, _mmapOffset) = (driver, vintf, services, mmapOffset);
        _slots = new IdAllocator(0, driver.Parameters.SidsPerVintf - 1);
        _queues = new Tegra241Queue?[driver.Parameters.LogicalPerVintf];
        var back = new byte[16];
        MemoryMarshal.Write(back, new IommuViommuTegra241Cmdqv { OutVintfMmapOffset = mmapOffset, OutVintfMmapLength = PageBytes });
        UserDataBack = back;
    }

    public int Vintf { get; }

    public ReadOnlyMemory<byte> UserDataBack { get; }

    public bool HasInterface => true;

    /// <returns>EINVAL a virtual id wider than the field; ENOSPC when every slot is taken; what an SMMUv3's vIOMMU answers.</returns>
    public override Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        if (virtualId > MatchSidMax) return Errno.EINVAL;
        var errno = base.AddVdevice(device, virtualId);
        if (errno != Errno.None) return errno;
        if (_slots.Allocate() is not { } slot)
        {
            base.RemoveVdevice(virtualId);
            return Errno.ENOSPC;
        }
        _slotOf[virtualId] = slot;
        WriteSlot(slot, match: ((uint)virtualId << MatchSidShift) | Enable, replace: device.StreamId);
        return Errno.None;
    }

    public override void RemoveVdevice(ulong virtualId)
    {
        if (_slotOf.Remove(virtualId, out var slot))
        {
            _driver.Bus.WriteVintf(Vintf, SidMatch + 4 * (ulong)slot, 0);
            _driver.Bus.WriteVintf(Vintf, SidReplace + 4 * (ulong)slot, 0);
            _slots.Free(slot);
        }
        base.RemoveVdevice(virtualId);
    }

    public bool SupportsHwQueue(HwQueueType type) => type == HwQueueType.Tegra241Cmdqv;

    /// <returns>
    /// EOPNOTSUPP type; EINVAL index, length or alignment; EEXIST index in use; EIO the one below not in use.
    /// </returns>
    public Result<IHwQueueDriver> InitHwQueue(HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes)
    {
        if (!SupportsHwQueue(type)) return Errno.EOPNOTSUPP;
        if (index >= (uint)_queues.Length) return Errno.EINVAL;
        if (_queues[index] is not null) return Errno.EEXIST;
        var below = index == 0 ? null : _queues[index - 1];
        if (index > 0 && below is null) return Errno.EIO;
        var longest = 1UL << (_driver.Smmu.CommandQueueLog2Max + CommandBytesLog2);
        if (!BitOperations.IsPow2(lengthBytes) || lengthBytes < RingBytesMin || lengthBytes > longest) return Errno.EINVAL;
        if ((physical & ~BaseAddressMask) != 0 || (physical & (lengthBytes - 1)) != 0) return Errno.EINVAL;
        var sizeLog2 = BitOperations.Log2(lengthBytes) - CommandBytesLog2;
        return _queues[index] = Tegra241Queue.Start(_driver, this, (int)index, below, physical | (uint)sizeLog2);
    }

    /// <summary>Queues that have not been asked for again are nobody's any more: in descending order, as hardware gives them up.</summary>
    public void Recovered()
    {
        for (var i = _queues.Length - 1; i >= 0 && _queues[i] is null; i--) Tegra241Queue.EndUnclaimed(_driver, this, i);
        _driver.EnableVintf(Vintf, Vmid);
    }

    public override IEnumerable<CommandBatch> Free()
    {
        _services.FreeMmap(_mmapOffset);
        _driver.ResetVintf(Vintf);
        foreach (var batch in base.Free()) yield return batch;
        _driver.FreeVintf(Vintf);
    }

    internal void Forget(int queue) => _queues[queue] = null;

    internal void ReportErrors(ReadOnlyMemory<byte> map) => _services.ReportEvent(VeventqType.Tegra241Cmdqv, map);

    // Never a match without its replacement.
    private void WriteSlot(int slot, uint match, uint replace)
    {
        _driver.Bus.WriteVintf(Vintf, SidReplace + 4 * (ulong)slot, replace);
        _driver.Bus.WriteVintf(Vintf, SidMatch + 4 * (ulong)slot, match);
    }
}
