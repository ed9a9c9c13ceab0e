using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd;

/// <summary>
/// The IOMMU's side of an event or PPR log: 16-byte records in memory, head of software's and tail of the IOMMU's. A record that finds
/// the ring full is lost: the overflow bit is set and the log stops until software sets its running bit again (AMD 48882, 2.5 and 2.6).
/// </summary>
public sealed class LogRing
{
    public const int RecordBytes = 16;

    private readonly Lock _lock = new();
    private readonly PhysicalMemory _memory;
    private readonly QueueRegisters _registers;
    private readonly (int Head, int Tail) _offsets;
    private readonly (QueueStatus Running, QueueStatus Overflow, QueueStatus Interrupt) _bits;
    private ulong _base;
    private uint _bytes;

    private LogRing(
        PhysicalMemory memory, QueueRegisters registers, (int, int) offsets, (QueueStatus, QueueStatus, QueueStatus) bits) =>
        (_memory, _registers, _offsets, _bits) = (memory, registers, offsets, bits);

    public static LogRing Events(PhysicalMemory memory, QueueRegisters registers) => new(
        memory, registers, (QueueRegisters.EventHeadOffset, QueueRegisters.EventTailOffset),
        (QueueStatus.EventLogRunning, QueueStatus.EventOverflow, QueueStatus.EventInterrupt));

    public static LogRing Ppr(PhysicalMemory memory, QueueRegisters registers) => new(
        memory, registers, (QueueRegisters.PprHeadOffset, QueueRegisters.PprTailOffset),
        (QueueStatus.PprLogRunning, QueueStatus.PprOverflow, QueueStatus.PprInterrupt));

    /// <summary>Told of a record, or of one that is lost, on the thread that wrote it; outside of any lock.</summary>
    public Action? Interrupt { get; set; }

    /// <summary>Whether it has this ring.</summary>
    public bool IsOpenAt(ulong address, uint lengthBytes)
    {
        lock (_lock) return (_base, _bytes) == (address, lengthBytes);
    }

    /// <summary>Starts with an empty ring; what the registers said of another is gone.</summary>
    public void Open(ulong address, uint lengthBytes)
    {
        lock (_lock)
        {
            Reset();
            (_base, _bytes) = (address, lengthBytes);
            _registers.Change(_bits.Running, QueueStatus.None);
        }
    }

    /// <summary>Nothing is written to the ring after this has returned.</summary>
    public void Close()
    {
        lock (_lock) Reset();
    }

    /// <summary>False when there is no ring. A record that is lost counts as written.</summary>
    public bool Write(ulong word0, ulong word1)
    {
        if (!TryWrite(word0, word1)) return false;
        Interrupt?.Invoke();
        return true;
    }

    private bool TryWrite(ulong word0, ulong word1)
    {
        lock (_lock)
        {
            if (_bytes == 0) return false;
            if (!_registers.Status.HasFlag(_bits.Running)) return true;
            var mask = _bytes - 1;
            var tail = _registers.Read(_offsets.Tail) & mask & ~0xFu;
            var next = (tail + RecordBytes) & mask;
            if (next == (_registers.Read(_offsets.Head) & mask & ~0xFu))
            {
                _registers.Change(_bits.Overflow | _bits.Interrupt, _bits.Running);
                return true;
            }
            _memory.Write64(_base + tail, word0);
            _memory.Write64(_base + tail + 8, word1);
            _registers.Write(_offsets.Tail, next);
            _registers.Change(_bits.Interrupt, QueueStatus.None);
            return true;
        }
    }

    private void Reset()
    {
        (_base, _bytes) = (0, 0);
        _registers.Write(_offsets.Head, 0);
        _registers.Write(_offsets.Tail, 0);
        _registers.Change(QueueStatus.None, _bits.Running | _bits.Overflow | _bits.Interrupt);
    }
}
