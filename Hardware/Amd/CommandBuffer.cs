using System.Collections.Immutable;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Amd.Walk;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Amd;

/// <summary>
/// A command buffer: 16-byte commands in a ring in memory, tail of software's and head of the IOMMU's. On a command that cannot be
/// carried out it logs ILLEGAL_COMMAND_ERROR and stops at it until software sets CmdBufRun again (AMD 48882, 2.4). The host has one, and
/// each guest that was given one; each is stepped by itself, so that one that has stopped or waits holds no other up.
/// </summary>
public sealed class CommandBuffer : IDoorbellQueue
{
    public const int CommandBytes = 16;

    private const int WordsEach = 2;

    private readonly Lock _lock = new();
    private readonly AmdCore _core;
    private readonly QueueRegisters _registers;
    private readonly Func<ImmutableArray<TransactionMarker>> _markers;
    private readonly InFlight _inFlight = new();
    private readonly List<Command> _host = [];
    private ICommandOwner? _owner;
    private ulong _base;
    private uint _bytes;
    private bool _paused;
    private bool _waiting;
    private ulong _consumed;
    private int _rung;

    internal CommandBuffer(
        string name, AmdCore core, QueueRegisters registers, ICommandOwner? owner, Func<ImmutableArray<TransactionMarker>> markers)
    {
        (Name, _core, _registers, _owner, _markers) = (name, core, registers, owner, markers);
        registers.Written = Ring;
    }

    public string Name { get; }

    public int WordsPerCommand => WordsEach;

    public ulong ConsumedTotal => Volatile.Read(ref _consumed);

    /// <summary>Of a guest's: the host is the one that steps its own.</summary>
    public Action? Rung { get; set; }

    /// <summary>
    /// Whether a device leaves an INVALIDATE_IOTLB_PAGES of the host's unanswered, asked for each as it is reached; null where all devices
    /// answer. It is logged as IOTLB_INV_TIMEOUT, and the buffer goes on (2.5).
    /// </summary>
    public Func<Command, bool>? LosesIotlbInvalidation { get; set; }

    /// <summary>Whether it has stopped on an error.</summary>
    public bool IsStopped => _bytes != 0 && !_registers.Status.HasFlag(QueueStatus.CommandBufferRunning);

    /// <summary>Software has dealt with the command that the head points to, and the buffer goes on.</summary>
    public void Restart()
    {
        _registers.Change(QueueStatus.CommandBufferRunning, QueueStatus.None);
        Ring();
    }

    public void Answer() => Interlocked.Exchange(ref _rung, 0);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % WordsEach != 0) throw new ArgumentException("half a command", nameof(words));
        lock (_lock)
        {
            var tail = Offset(QueueRegisters.CommandTailOffset);
            var room = _bytes == 0 ? 0 : ((Offset(QueueRegisters.CommandHeadOffset) - tail - CommandBytes) & (_bytes - 1)) / CommandBytes;
            var count = (int)Math.Min(room, (uint)words.Length / WordsEach);
            for (var i = 0; i < count * WordsEach; i += WordsEach)
            {
                _core.Memory.Write64(_base + tail, words[i]);
                _core.Memory.Write64(_base + tail + 8, words[i + 1]);
                tail = (tail + CommandBytes) & (_bytes - 1);
            }
            _registers.Write(QueueRegisters.CommandTailOffset, tail);
            Ring();
            return count * WordsEach;
        }
    }

    public QueueStep Step()
    {
        lock (_lock)
        {
            if (_bytes == 0 || _paused || _owner is not { } owner) return QueueStep.Idle;
            if (IsStopped) return QueueStep.Stopped;
            var head = Offset(QueueRegisters.CommandHeadOffset);
            if (head == Offset(QueueRegisters.CommandTailOffset)) return QueueStep.Idle;
            var command = new Command(_core.Memory.Read64(_base + head), _core.Memory.Read64(_base + head + 8));
            if (!CommandRules.IsLegal(command, _core.Registers.Efr)) return Stop(owner, head);
            if (command.Opcode == Opcode.CompletionWait)
            {
                if (!HasWaited()) return QueueStep.Waiting;
                if (command.Stores && !owner.TryStore(command.StoreAddress, command.Word1)) return Stop(owner, head);
                if (command.Interrupts) _registers.Change(QueueStatus.CompletionWaitInterrupt, QueueStatus.None);
            }
            else if (IsLost(command)) TimeOut(command, head);
            else if (!TryApply(owner, command)) return Stop(owner, head);
            _registers.Write(QueueRegisters.CommandHeadOffset, (head + CommandBytes) & (_bytes - 1));
            Volatile.Write(ref _consumed, _consumed + 1);
            return QueueStep.Progress;
        }
    }

    /// <summary>Starts with an empty ring; what the registers said of another is gone.</summary>
    internal void Open(ulong address, uint lengthBytes)
    {
        lock (_lock)
        {
            Reset();
            (_base, _bytes) = (address, lengthBytes);
            Restart();
        }
    }

    /// <summary>The ring is not read after this has returned.</summary>
    internal void Close()
    {
        lock (_lock) Reset();
    }

    internal bool IsOpenAt(ulong address, uint lengthBytes)
    {
        lock (_lock) return (_base, _bytes) == (address, lengthBytes);
    }

    /// <summary>
    /// Another owner. A ring that the one before it had is not read before <see cref="Resume"/>; a wait that is under way begins anew.
    /// </summary>
    internal void Assign(ICommandOwner owner)
    {
        lock (_lock) (_owner, _paused, _waiting) = (owner, true, false);
    }

    /// <summary>Goes on where its registers say.</summary>
    internal void Resume()
    {
        lock (_lock) _paused = false;
        Ring();
    }

    private void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0) Rung?.Invoke();
    }

    // Whatever software writes there stays within the ring.
    private uint Offset(int register) => _bytes == 0 ? 0 : _registers.Read(register) & (_bytes - 1) & ~(CommandBytes - 1u);

    private bool TryApply(ICommandOwner owner, Command command)
    {
        _host.Clear();
        if (!owner.TryConvert(command, _host)) return false;
        foreach (var converted in _host) _core.Apply(converted);
        return true;
    }

    private bool IsLost(Command command) =>
        command.Opcode == Opcode.InvalidateIotlbPages && LosesIotlbInvalidation?.Invoke(command) == true;

    private void TimeOut(Command command, uint head)
    {
        var record = EventRecord.Of(EventType.IOTLB_INV_TIMEOUT, command.DeviceId, 0, EventFlags.None, _base + head);
        _core.Events.Write(record.Word0, record.Word1);
    }

    private bool HasWaited()
    {
        if (!_waiting) _inFlight.Capture(_markers());
        _waiting = !_inFlight.HaveEnded();
        return !_waiting;
    }

    private QueueStep Stop(ICommandOwner owner, uint head)
    {
        _waiting = false;
        _registers.Change(QueueStatus.None, QueueStatus.CommandBufferRunning);
        owner.ReportIllegal(head);
        return QueueStep.Stopped;
    }

    private void Reset()
    {
        (_base, _bytes, _waiting) = (0, 0, false);
        _registers.Write(QueueRegisters.CommandHeadOffset, 0);
        _registers.Write(QueueRegisters.CommandTailOffset, 0);
        _registers.Change(QueueStatus.None, QueueStatus.CommandBufferRunning | QueueStatus.CompletionWaitInterrupt);
    }
}
