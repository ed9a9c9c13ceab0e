using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>What the hardware tells: events for guests, stalls for the core as page faults, page requests, errors of the queue.</summary>
public sealed partial class Smmuv3Driver : IInterruptSource
{
    private readonly RecoveringQueue _recovery;
    private readonly InterruptLine _interrupts = new();

    public Action? Raised { set => _interrupts.Listener = value; }

    /// <summary>How often events were lost because nobody fetched them.</summary>
    public long EventOverflows { get; private set; }

    public long PageRequestOverflows { get; private set; }

    /// <summary>Commands that the hardware refused and that were skipped.</summary>
    public long CommandsSkipped => _recovery.Skipped;

    /// <summary>How often an ATC did not answer an invalidation in time.</summary>
    public long AtcTimeouts => _recovery.AtcTimeouts;

    /// <summary>
    /// Empties both rings. Of page requests nobody is told, as upstream (arm_smmu_handle_ppr): each group is denied when it is complete.
    /// </summary>
    public IEnumerable<CommandBatch> Service(IFaultSink faults)
    {
        _interrupts.BeginRound();
        while (_events.TryRead(out var record)) Handle(record, faults);
        if (_events.Acknowledge()) EventOverflows++;
        var answers = NewBatch();
        while (_pageRequests.TryRead(out var request))
            if (request.IsLast)
                answers.Add(Command.PriResponse(request.StreamId, request.Substream, request.Group, (int)PageRequestOutcome.Failure));
        if (_pageRequests.Acknowledge()) PageRequestOverflows++;
        if (!answers.IsEmpty) yield return answers.Close();
    }

    /// <summary>A RESUME for the stall of each fault: to try again on success, else to abort (arm_smmu_page_response).</summary>
    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        var answers = NewBatch();
        foreach (var fault in group)
            answers.Add(Command.Resume(device.StreamId, (ushort)fault.Group, retry: code == PageResponseCode.Success));
        yield return answers.Close();
    }

    // arm_smmu_handle_event: these and no others are anybody's business but the log's.
    private void Handle(EventRecord record, IFaultSink faults)
    {
        if (record.Type is not (EventType.C_BAD_STE or EventType.F_STREAM_DISABLED or EventType.C_BAD_SUBSTREAMID or EventType.C_BAD_CD
            or EventType.F_TRANSLATION or EventType.F_ADDR_SIZE or EventType.F_ACCESS or EventType.F_PERMISSION)) return;
        if (!_bySid.TryGetValue(record.StreamId, out var device)) return;
        if (record.IsStall) faults.ReportFault(device, FaultOf(record));
        else if (!record.IsStage2 && _states[device].Guest is { } guest) guest.Viommu.ReportEvent(guest.VirtualId, record);
    }

    private static PageFault FaultOf(EventRecord record)
    {
        var flags = PageFaultFlags.LastPage | (record.Substream is null ? 0 : PageFaultFlags.PasidValid);
        var permissions = (record.IsRead ? PageFaultPermissions.Read : PageFaultPermissions.Write)
            | (record.IsPrivileged ? PageFaultPermissions.Priv : 0);
        return new PageFault(flags, record.Substream ?? 0, record.StallTag, permissions, record.InputAddress);
    }
}
