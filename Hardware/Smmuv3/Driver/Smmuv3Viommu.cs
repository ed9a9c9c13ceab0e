using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// A slice of one SMMU for a guest. It has a VMID of its own, or its VM's: guests choose ASIDs freely, so two vIOMMUs on one stage 2
/// that shared the parent's VMID would hit each other's translations (L3).
/// </summary>
public class Smmuv3Viommu : IViommuDriver
{
    private readonly Smmuv3Driver _driver;
    private readonly IViommuServices _services;
    private readonly ConcurrentDictionary<uint, PhysicalDevice> _devices = new();
    private readonly GuestCommandConverter _converter;

    internal Smmuv3Viommu(Smmuv3Driver driver, Smmuv3PagingDomain parent, int vmid, IViommuServices services)
    {
        (_driver, ParentDomain, Vmid, _services) = (driver, parent, vmid, services);
        _converter = new GuestCommandConverter(driver.Features, vmid, _devices);
    }

    public IIommuDriver Iommu => _driver;

    public IPagingDomain Parent => ParentDomain;

    public int Vmid { get; }

    internal Smmuv3PagingDomain ParentDomain { get; }

    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data)
    {
        if (flags != HwptAllocFlags.None) return Errno.EOPNOTSUPP;
        var entry = data.Copy((uint)HwptDataType.ArmSmmuv3, GuestStreamEntry.Bytes, GuestStreamEntry.Bytes);
        if (entry.Failed) return entry.Errno;
        var parsed = GuestStreamEntry.Parse(entry.Value);
        return parsed.Failed ? parsed.Errno : new Smmuv3NestedDomain(this, parsed.Value);
    }

    /// <returns>EEXIST when the virtual id is taken; EINVAL when it is wider than a stream id or the device is another SMMU's.</returns>
    public virtual Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        if (virtualId > uint.MaxValue || !_driver.Serves(device)) return Errno.EINVAL;
        return _devices.TryAdd((uint)virtualId, device) ? Errno.None : Errno.EEXIST;
    }

    public virtual void RemoveVdevice(ulong virtualId) => _devices.TryRemove((uint)virtualId, out _);

    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != InvalidateDataType.ArmSmmuv3 || entryNum <= 0 || entryLength <= 0) return new(Errno.EINVAL, 0, null);
        var words = _converter.Convert(entries, entryLength, entryNum, out var errno, out var handled);
        // User space is told to repeat where the hardware needs it; what it does not know of must not stay in the caches either.
        return new(errno, handled, words.IsEmpty
            ? null : new CommandBatch(_driver.Queue, CommandWriter.Repeated(words, _driver.RepeatsInvalidations)));
    }

    public virtual IEnumerable<CommandBatch> Free()
    {
        yield return _driver.NewBatch().Add(Command.S12Vmall(Vmid)).Close();
        ParentDomain.Tags.Remove(new CacheTag(CacheTagKind.NestedVmid, (uint)Vmid));
        _driver.FreeVmid(Vmid, _services);
    }

    internal uint? VirtualIdOf(PhysicalDevice device)
    {
        foreach (var (virtualId, known) in _devices)
            if (ReferenceEquals(known, device)) return virtualId;
        return null;
    }

    /// <summary>Passes an event of one of its streams on: the record as it is, but for the stream id.</summary>
    internal void ReportEvent(uint virtualId, EventRecord record)
    {
        var bytes = new byte[EventRecord.Bytes];
        (record with { Word0 = (uint)record.Word0 | ((ulong)virtualId << 32) }).Write(bytes);
        _services.ReportEvent(VeventqType.ArmSmmuv3, bytes);
    }
}
