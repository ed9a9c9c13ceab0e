using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>What the hardware tells: page requests for the core, and events of the host's tables (ppr.c, amd_iommu_int_thread).</summary>
public sealed partial class AmdDriver : IInterruptSource
{
    private readonly InterruptLine _interrupts = new();
    private readonly LogReader _eventLog;
    private readonly LogReader _pprLog;

    public Action? Raised { set => _interrupts.Listener = value; }

    /// <summary>Events of the host's that have been read: nobody but the kernel's log would have them.</summary>
    public long EventsRead { get; private set; }

    /// <summary>How often events were lost because nobody fetched them.</summary>
    public long EventOverflows { get; private set; }

    public long PageRequestOverflows { get; private set; }

    /// <summary>Empties both logs. A page request that nobody can serve is answered at once when its group ends with it.</summary>
    public IEnumerable<CommandBatch> Service(IFaultSink faults)
    {
        _interrupts.BeginRound();
        Hardware.Registers.Queues.Change(QueueStatus.None, QueueStatus.EventInterrupt | QueueStatus.PprInterrupt);
        while (_eventLog.TryRead(out _, out _)) EventsRead++;
        if (_eventLog.Restart(QueueStatus.EventOverflow, QueueStatus.EventLogRunning)) EventOverflows++;
        var refused = new CommandWriter(Queue);
        while (_pprLog.TryRead(out var word0, out var word1)) Report(new PprRecord(word0, word1), faults, refused);
        if (_pprLog.Restart(QueueStatus.PprOverflow, QueueStatus.PprLogRunning)) PageRequestOverflows++;
        if (!refused.IsEmpty) yield return refused.Close();
    }

    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        var last = group[^1];
        int? pasid = last.Flags.HasFlag(PageFaultFlags.PasidValid) ? (int)last.Pasid : null;
        var status = code == PageResponseCode.Success ? PprStatus.Success : PprStatus.InvalidRequest;
        yield return new CommandWriter(Queue)
            .Add(Command.PprResponse((ushort)device.StreamId, pasid, (int)(last.Group & 0x1FF), status)).Close();
    }

    // iommu_call_iopf_notifier: PASID 0 is a device's own address space, whose requests nobody serves.
    private void Report(PprRecord request, IFaultSink faults, CommandWriter refused)
    {
        if (request.Pasid is { } pasid and not 0 && _byDeviceId.TryGetValue(request.DeviceId, out var device))
            faults.ReportFault(device, new PageFault(
                PageFaultFlags.PasidValid | (request.IsLast ? PageFaultFlags.LastPage : 0), (uint)pasid, (uint)request.Tag,
                request.Permissions, request.Address));
        else if (request.IsLast)
            refused.Add(Command.PprResponse(request.DeviceId, request.Pasid, request.Tag, PprStatus.ResponseFailure));
    }
}
