using Iommu.Hardware.Memory;
using RiscvIommu.Formats;

namespace RiscvIommu;

/// <summary>
/// The fault queue: a ring in memory that the IOMMU fills and software empties. A record that finds it full is lost, and no other is
/// taken until software clears fqof.
/// </summary>
public sealed class FaultQueue
{
    private readonly Lock _lock = new();
    private readonly PhysicalMemory _memory;
    private readonly Registers _registers;
    private Action? _interrupt;

    internal FaultQueue(PhysicalMemory memory, Registers registers) => (_memory, _registers) = (memory, registers);

    /// <summary>Called after each record and each overflow, on the thread of the device that faulted.</summary>
    public Action? Interrupt { set => Volatile.Write(ref _interrupt, value); }

    /// <summary>What software does: takes the oldest record.</summary>
    public bool TryRead(out FaultRecord record)
    {
        record = default;
        var head = _registers.FaultHead;
        if (head == _registers.FaultTail) return false;
        var address = AddressOf(head);
        record = new FaultRecord(_memory.Read64(address), _memory.Read64(address + 16), _memory.Read64(address + 24));
        _registers.FaultHead = (head + 1) & Registers.IndexMask(_registers.FaultBase);
        return true;
    }

    /// <summary>What software does when it has emptied the ring: has records taken again. Whether some were lost.</summary>
    public bool ClearOverflow()
    {
        lock (_lock)
        {
            var was = (_registers.FaultStatus & Registers.Overflow) != 0;
            _registers.FaultStatus &= ~Registers.Overflow;
            return was;
        }
    }

    internal void Write(FaultRecord record)
    {
        lock (_lock)
        {
            if ((_registers.FaultStatus & (Registers.QueueOn | Registers.Overflow)) != Registers.QueueOn) return;
            var tail = _registers.FaultTail;
            var next = (tail + 1) & Registers.IndexMask(_registers.FaultBase);
            if (next == _registers.FaultHead) _registers.FaultStatus |= Registers.Overflow;
            else
            {
                var address = AddressOf(tail);
                _memory.Write64(address, record.Header);
                _memory.Write64(address + 8, 0);
                _memory.Write64(address + 16, record.Iova);
                _memory.Write64(address + 24, record.GuestAddress);
                _registers.FaultTail = next;
            }
        }
        Volatile.Read(ref _interrupt)?.Invoke();
    }

    private ulong AddressOf(uint index) => Registers.PageOf(_registers.FaultBase) + (ulong)index * FaultRecord.Bytes;
}
