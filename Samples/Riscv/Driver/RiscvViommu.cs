using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using RiscvIommu.Formats;

namespace RiscvIommu.Driver;

/// <summary>
/// A slice of one IOMMU for a guest. It has a GSCID of its own: guests choose PSCIDs freely, so two of them on one second stage must not
/// share the parent's (L3 of the product's list of bugs).
/// </summary>
public sealed class RiscvViommu : IViommuDriver
{
    private readonly RiscvDriver _driver;
    private readonly IViommuServices _services;
    private readonly ConcurrentDictionary<uint, PhysicalDevice> _devices = new();

    internal RiscvViommu(RiscvDriver driver, RiscvPagingDomain parent, int gscid, IViommuServices services)
    {
        (_driver, ParentDomain, Gscid, _services) = (driver, parent, gscid, services);
        parent.Gscids.Add(gscid);
    }

    public IIommuDriver Iommu => _driver;

    public IPagingDomain Parent => ParentDomain;

    public int Gscid { get; }

    internal RiscvPagingDomain ParentDomain { get; }

    /// <returns>EOPNOTSUPP a flag; as <see cref="RiscvNestedDomain.Create"/>.</returns>
    public Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data) =>
        flags != HwptAllocFlags.None ? Errno.EOPNOTSUPP : RiscvNestedDomain.Create(this, data, _driver.Registers);

    /// <returns>EEXIST when the virtual id is taken; EINVAL when it is wider than a device id or the device is another IOMMU's.</returns>
    public Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        if (virtualId >> 24 != 0 || !_driver.Serves(device)) return Errno.EINVAL;
        return _devices.TryAdd((uint)virtualId, device) ? Errno.None : Errno.EEXIST;
    }

    public void RemoveVdevice(ulong virtualId) => _devices.TryRemove((uint)virtualId, out _);

    /// <summary>
    /// IOTINVAL.VMA as the guest wrote it, which knows of no second stage: it gets the vIOMMU's GSCID. EIO any other command, and one that
    /// would stop the queue; E2BIG an entry that is longer and not zero there; EINVAL another type.
    /// </summary>
    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != RiscvTypes.Invalidate || entryLength < Command.Bytes) return new(Errno.EINVAL, 0, null);
        for (var i = 0; i < entryNum; i++)
            if (entries.Slice(i * entryLength, entryLength)[Command.Bytes..].ContainsAnyExcept((byte)0)) return new(Errno.E2BIG, 0, null);
        var writer = _driver.Writer();
        var handled = 0;
        while (handled < entryNum && TryConvert(entries.Slice(handled * entryLength, Command.Bytes), out var command))
        {
            writer.Add(command);
            handled++;
        }
        return new(handled == entryNum ? Errno.None : Errno.EIO, handled, handled == 0 ? null : writer.Close());
    }

    public IEnumerable<CommandBatch> Free()
    {
        yield return _driver.Writer().Add(Command.Vma().OfGscid(Gscid)).Add(Command.Gvma().OfGscid(Gscid)).Close();
        ParentDomain.Gscids.Remove(Gscid);
        _driver.FreeGscid(Gscid);
    }

    internal uint? VirtualIdOf(PhysicalDevice device)
    {
        foreach (var (virtualId, known) in _devices)
            if (ReferenceEquals(known, device)) return virtualId;
        return null;
    }

    /// <summary>Passes a fault of the guest's first stage on: the record as it is, but for the device id.</summary>
    internal void ReportFault(uint virtualId, FaultRecord record) =>
        _services.ReportEvent(RiscvTypes.Veventq, record.ForDevice(virtualId).ToBytes());

    private bool TryConvert(ReadOnlySpan<byte> entry, out Command host)
    {
        var guest = new Command(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
        host = guest.OfGscid(Gscid);
        return guest.Opcode == Opcode.IotinvalVma && !guest.HasGscid && guest.Gscid == 0 && CommandCheck.IsLegal(guest);
    }
}
