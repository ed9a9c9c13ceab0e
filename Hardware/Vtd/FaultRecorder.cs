using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// The fault recording registers, a ring of as many as CAP_REG.NFR says. One that still holds a fault is not overwritten: the fault is
/// lost, and PFO says so.
/// </summary>
public sealed class FaultRecorder
{
    private readonly Lock _lock = new();
    private readonly Registers _registers;
    private readonly FaultRecord[] _records;
    private int _next;

    internal FaultRecorder(Registers registers) => (_registers, _records) = (registers, new FaultRecord[registers.FaultRecords]);

    /// <summary>Told of a fault that is recorded or lost, on the thread that met it; outside of any lock.</summary>
    internal Action? Interrupt { get; set; }

    /// <summary>The register of an index.</summary>
    public FaultRecord this[int index]
    {
        get { lock (_lock) return _records[index]; }
    }

    /// <summary>Software takes the faults, oldest first, and clears their registers and the status.</summary>
    public IReadOnlyList<FaultRecord> Take()
    {
        lock (_lock)
        {
            var taken = Enumerable.Range(_next, _records.Length).Select(i => _records[i % _records.Length])
                .Where(record => record.IsFault).ToList();
            Array.Clear(_records);
            _registers.ClearStatus(FaultStatus.Pending | FaultStatus.Overflow);
            return taken;
        }
    }

    internal void Record(FaultRecord record)
    {
        Keep(record);
        Interrupt?.Invoke();
    }

    private void Keep(FaultRecord record)
    {
        lock (_lock)
        {
            if (_records[_next].IsFault)
            {
                _registers.SetStatus(FaultStatus.Overflow);
                return;
            }
            _records[_next] = record;
            _next = (_next + 1) % _records.Length;
            _registers.SetStatus(FaultStatus.Pending);
        }
    }
}
