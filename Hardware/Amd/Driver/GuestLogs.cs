using System.Buffers.Binary;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// Where a guest learns of events and page requests: logs in its memory where it has given them to the hardware; events otherwise through
/// the vIOMMU's event queue.
/// </summary>
internal sealed class GuestLogs(GuestInterface guest, Func<ushort, ushort?> virtualIdOf, IViommuServices services) : IGuestLogs
{
    public void Write(EventRecord record)
    {
        if (virtualIdOf(record.DeviceId) is { } id) WriteOwn(record.WithDevice(id));
    }

    /// <summary>An event that names no device of the host's.</summary>
    public void WriteOwn(EventRecord record)
    {
        if (guest.Events.Write(record.Word0, record.Word1)) return;
        var data = new byte[LogRing.RecordBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(data, record.Word0);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), record.Word1);
        services.ReportEvent(VeventqType.Amd, data);
    }

    public bool TryWrite(PprRecord record) => virtualIdOf(record.DeviceId) is { } id
        && record.WithDevice(id) is var own && guest.PageRequests.Write(own.Word0, own.Word1);
}
