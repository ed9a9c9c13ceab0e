using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241;

/// <summary>
/// One of a CMDQV's command queues: its registers, and the drain of its ring through the VINTF that it is allocated to. It stops alone
/// on a bad command: neither the SMMU's own queue nor another VCMDQ takes notice. Its registers are written by its owner from any
/// thread; one thread steps it. Nothing but a write changes a register when it is allocated anew: what its last owner wrote stays.
/// </summary>
public sealed class Vcmdq : IDoorbellQueue
{
    private const int WordsEach = 2;
    private const uint SyncMessage = 1;

    private readonly Lock _gate = new();
    private readonly Cmdqv _cmdqv;
    private readonly PhysicalMemory _memory;
    private readonly Smmu _smmu;
    private readonly Invalidator _invalidator;
    private readonly InFlight _inFlight = new();
    private Vintf? _owner;
    private uint _consumer;
    private uint _producer;
    private uint _config;
    private uint _gerror;
    private uint _gerrorn;
    private ulong _base;
    private ulong _consumerIndexBase;
    private bool _syncing;
    private bool _timedOut;
    private int _rung;

    internal Vcmdq(string name, Cmdqv cmdqv, PhysicalMemory memory, Smmu smmu) =>
        (Name, _cmdqv, _memory, _smmu, _invalidator) = (name, cmdqv, memory, smmu, smmu.OpenInvalidator());

    public string Name { get; }

    public int WordsPerCommand => WordsEach;

    public ulong ConsumedTotal { get; private set; }

    public Action? Rung { get; set; }

    /// <summary>The interface that it is allocated to; null when to none.</summary>
    public Vintf? Owner => Volatile.Read(ref _owner);

    /// <summary>STATUS: it is on, and so are its interface and the CMDQV.</summary>
    public bool IsEnabled => (Volatile.Read(ref _config) & Enable) != 0 && _cmdqv.IsEnabled && Owner is { IsEnabled: true };

    /// <summary>It has stopped on a command, and its owner has not acknowledged that.</summary>
    public bool HasError => ((Volatile.Read(ref _gerror) ^ Volatile.Read(ref _gerrorn)) & 1) != 0;

    public CommandError Error => (CommandError)((Volatile.Read(ref _consumer) >> ErrorShift) & 0x7F);

    private int SizeLog2 => (int)(Volatile.Read(ref _base) & 0x1F);

    private uint IndexMask => (2u << SizeLog2) - 1;

    public void Answer() => Interlocked.Exchange(ref _rung, 0);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % WordsEach != 0) throw new ArgumentException("half a command", nameof(words));
        var producer = Volatile.Read(ref _producer);
        var room = (1u << SizeLog2) - ((producer - Volatile.Read(ref _consumer)) & IndexMask);
        var count = (int)Math.Min(room, (uint)words.Length / WordsEach);
        for (var i = 0; i < count * WordsEach; i += WordsEach, producer++)
        {
            _memory.Write64(AddressOf(producer), words[i]);
            _memory.Write64(AddressOf(producer) + 8, words[i + 1]);
        }
        Volatile.Write(ref _producer, producer & IndexMask);
        Ring();
        return count * WordsEach;
    }

    public QueueStep Step()
    {
        // Only who steps it moves the consumer's index.
        if (!HasError && ((Volatile.Read(ref _producer) ^ _consumer) & IndexMask) == 0) return QueueStep.Idle;
        QueueStep step;
        Vintf? stoppedFor;
        lock (_gate) step = Step(out stoppedFor);
        if (stoppedFor is not null) _cmdqv.Raise(stoppedFor);
        return step;
    }

    /// <summary>Passes a doorbell on, unless one is on its way already.</summary>
    internal void Ring()
    {
        if (IsEnabled && Interlocked.Exchange(ref _rung, 1) == 0) Rung?.Invoke();
    }

    /// <summary>Returns when no command is under way. One that is waited for (CMD_SYNC) is given up when the queue is off.</summary>
    internal void Settle()
    {
        lock (_gate)
            if (!IsEnabled) _syncing = false;
    }

    internal void Allocate(Vintf? owner)
    {
        Volatile.Write(ref _owner, owner);
        Settle();
        Ring();
    }

    /// <summary>A CMD_SYNC of the SMMU's own queue takes the time-outs with it that a queue which is off would report later.</summary>
    internal void FlushTimeout()
    {
        lock (_gate)
            if (!IsEnabled) NoteTimeout(false);
    }

    internal uint ReadPage0(ulong offset) => offset switch
    {
        Consumer => Volatile.Read(ref _consumer),
        Producer => Volatile.Read(ref _producer),
        QueueConfig => Volatile.Read(ref _config),
        QueueStatus => IsEnabled ? Enable : 0,
        Gerror => Volatile.Read(ref _gerror),
        Gerrorn => Volatile.Read(ref _gerrorn),
        _ => 0,
    };

    internal void WritePage0(ulong offset, uint value)
    {
        switch (offset)
        {
            case Producer:
                Volatile.Write(ref _producer, value);
                break;
            case Consumer:
                // While it is on, the index is the hardware's.
                lock (_gate)
                    if (!IsEnabled) Volatile.Write(ref _consumer, value);
                return;
            case QueueConfig:
                Volatile.Write(ref _config, value & Enable);
                Settle();
                break;
            case Gerrorn:
                Acknowledge(value & 1);
                break;
            default:
                return;
        }
        Ring();
    }

    internal uint ReadPage1(ulong offset) => offset switch
    {
        Base => (uint)Volatile.Read(ref _base),
        Base + 4 => (uint)(Volatile.Read(ref _base) >> 32),
        ConsumerIndexBase => (uint)Volatile.Read(ref _consumerIndexBase),
        ConsumerIndexBase + 4 => (uint)(Volatile.Read(ref _consumerIndexBase) >> 32),
        _ => 0,
    };

    internal void WritePage1(ulong offset, uint value)
    {
        lock (_gate)
        {
            if (IsEnabled) return;
            switch (offset)
            {
                case Base or Base + 4:
                    Volatile.Write(ref _base, Half(_base, offset, value) & (BaseAddressMask | 0x1F));
                    break;
                case ConsumerIndexBase or ConsumerIndexBase + 4:
                    Volatile.Write(ref _consumerIndexBase, Half(_consumerIndexBase, offset, value));
                    break;
            }
        }
    }

    private static ulong Half(ulong word, ulong offset, uint value) =>
        (offset & 4) == 0 ? (word & ~0xFFFF_FFFFUL) | value : (uint)word | ((ulong)value << 32);

    private void Acknowledge(uint value)
    {
        lock (_gate)
        {
            var had = HasError;
            Volatile.Write(ref _gerrorn, value);
            if (had && !HasError) Volatile.Write(ref _consumer, _consumer & ((1u << ErrorShift) - 1));
        }
    }

    private QueueStep Step(out Vintf? stoppedFor)
    {
        stoppedFor = null;
        if (!IsEnabled || Owner is not { } owner) return QueueStep.Idle;
        if (HasError) return QueueStep.Stopped;
        var consumer = _consumer & IndexMask;
        if (consumer == (Volatile.Read(ref _producer) & IndexMask)) return QueueStep.Idle;
        var address = AddressOf(consumer);
        var error = CommandError.Abort;
        if (PhysicalMemory.Contains(address))
        {
            var command = new Command(_memory.Read64(address), _memory.Read64(address + 8));
            if (command.Opcode != Opcode.Sync) error = Invalidate(owner, command);
            else if (!HasSynchronized()) return QueueStep.Waiting;
            else error = Complete(owner, command);
        }
        if (error != CommandError.None)
        {
            Volatile.Write(ref _consumer, consumer | ((uint)error << ErrorShift));
            Volatile.Write(ref _gerror, _gerror ^ 1);
            stoppedFor = owner;
            return QueueStep.Stopped;
        }
        ConsumedTotal++;
        Volatile.Write(ref _consumer, (consumer + 1) & IndexMask);
        return QueueStep.Progress;
    }

    private CommandError Invalidate(Vintf owner, Command command)
    {
        if (!owner.Admits(command, out var effective)) return CommandError.Illegal;
        if (effective.Opcode == Opcode.AtcInv && _cmdqv.AtcTimesOut?.Invoke(effective.StreamId) == true)
        {
            NoteTimeout(true);
            return CommandError.None;
        }
        return _invalidator.Apply(effective) ? CommandError.None : CommandError.Illegal;
    }

    private void NoteTimeout(bool timedOut)
    {
        if (timedOut == _timedOut) return;
        _timedOut = timedOut;
        _cmdqv.CountTimeout(timedOut ? 1 : -1);
    }

    private bool HasSynchronized()
    {
        if (!_syncing) _inFlight.Capture(_smmu.Markers);
        _syncing = true;
        if (!_inFlight.HaveEnded()) return false;
        _syncing = false;
        _invalidator.Settle();
        return true;
    }

    private CommandError Complete(Vintf owner, Command sync)
    {
        if (_timedOut)
        {
            NoteTimeout(false);
            return CommandError.AtcTimeout;
        }
        var address = Bits.InPlace(sync.Word1, 51, 2);
        if (owner.SignalsByMessage && sync.SyncSignal == SyncMessage && address != 0 && PhysicalMemory.Contains(address))
            _memory.Write32(address, (uint)(sync.Word0 >> 32));
        return CommandError.None;
    }

    private ulong AddressOf(uint index) =>
        (Volatile.Read(ref _base) & BaseAddressMask) + ((ulong)(index & ((1u << SizeLog2) - 1)) << 4);
}
