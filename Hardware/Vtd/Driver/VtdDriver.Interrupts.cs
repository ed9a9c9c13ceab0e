using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>What the hardware tells: page requests for the core, faults of guests' first stages for their vIOMMUs (dmar_fault).</summary>
public sealed partial class VtdDriver : IInterruptSource
{
    private readonly InterruptLine _interrupts = new();
    private readonly RecoveringQueue _recovery;
    private readonly ConcurrentDictionary<(uint SourceId, uint Pasid), VtdViommu> _guestOf = new();

    public Action? Raised { set => _interrupts.Listener = value; }

    /// <summary>Faults that have been taken from the recording registers, those that a guest was told of included.</summary>
    public long FaultsTaken { get; private set; }

    /// <summary>Descriptors that the hardware refused and that were skipped.</summary>
    public long DescriptorsSkipped => _recovery.Skipped;

    /// <summary>How often a device did not complete an invalidation in time.</summary>
    public long DeviceTimeOuts => _recovery.TimeOuts;

    /// <summary>Empties recording registers and page request ring. Of the host's own faults nobody but the log would be told.</summary>
    public IEnumerable<CommandBatch> Service(IFaultSink faults)
    {
        _interrupts.BeginRound();
        foreach (var fault in _unit.Faults.Take())
        {
            FaultsTaken++;
            if (fault.Reason.IsOfFirstStage() && _guestOf.TryGetValue((fault.SourceId, fault.Pasid ?? NoPasid), out var guest))
                guest.Report(fault);
        }
        foreach (var batch in ServicePageRequests(faults.ReportFault)) yield return batch;
    }

    private void NoteGuest(PhysicalDevice device, uint pasid, IDomain? to)
    {
        if (to is VtdNestedDomain { Viommu: VtdViommu guest }) _guestOf[(device.StreamId, pasid)] = guest;
        else _guestOf.TryRemove((device.StreamId, pasid), out _);
    }
}
