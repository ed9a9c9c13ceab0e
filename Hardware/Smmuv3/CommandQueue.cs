using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// The command queue of an SMMUv3: 16-byte commands in a ring in memory, indices with a wrap bit in PROD and CONS. On a
/// command that it does not know, and on a CMD_SYNC before which a device did not answer an ATC_INV in time, it stops, with the
/// reason in CONS.ERR and GERROR.CMDQ_ERR toggled.
/// </summary>
public sealed class CommandQueue : ICommandQueue
{
    private const int WordsEach = 2;
    private const int ErrorShift = 24;
    private const uint IllegalCommand = 1;
    private const uint FetchAborted = 2;
    private const uint AtcTimedOut = 3;
    private const uint SyncMessage = 1;

    private readonly PhysicalMemory _memory;
    private readonly Registers _registers;
    private readonly Invalidator _invalidator;
    private readonly Responder _responder;
    private readonly Func<ImmutableArray<TransactionMarker>> _markers;
    private readonly InFlight _inFlight = new();
    private bool _syncing;
    private bool _atcIsSilent;

    internal CommandQueue(
        string name, PhysicalMemory memory, Registers registers, Invalidator invalidator, Responder responder,
        Func<ImmutableArray<TransactionMarker>> markers) =>
        (Name, _memory, _registers, _invalidator, _responder, _markers) = (name, memory, registers, invalidator, responder, markers);

    public string Name { get; }

    public int WordsPerCommand => WordsEach;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>Called when a CMD_SYNC has completed, on the thread that steps the queue.</summary>
    internal Action? Synchronized { get; set; }

    /// <summary>Whether it has stopped on an error that software has not acknowledged.</summary>
    public bool IsStopped => ((_registers.Gerror ^ _registers.Gerrorn) & 1) != 0;

    /// <summary>Whether a device leaves an ATC_INV unanswered, asked for each as it is reached; null where all devices answer.</summary>
    public Func<Command, bool>? LosesAtcInvalidation { get; set; }

    private int SizeLog2 => (int)(_registers.CommandQueueBase & 0x1F);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % WordsEach != 0) throw new ArgumentException("half a command", nameof(words));
        var sizeLog2 = SizeLog2;
        var mask = (2u << sizeLog2) - 1;
        var producer = _registers.CommandProducer;
        var room = (1u << sizeLog2) - ((producer - _registers.CommandConsumer) & mask);
        var count = (int)Math.Min(room, (uint)words.Length / WordsEach);
        for (var i = 0; i < count * WordsEach; i += WordsEach, producer++)
        {
            var address = AddressOf(producer, sizeLog2);
            _memory.Write64(address, words[i]);
            _memory.Write64(address + 8, words[i + 1]);
        }
        _registers.CommandProducer = producer & mask;
        return count * WordsEach;
    }

    public QueueStep Step()
    {
        if (!_registers.CommandQueueEnabled) return QueueStep.Idle;
        if (IsStopped) return QueueStep.Stopped;
        var mask = (2u << SizeLog2) - 1;
        var consumer = _registers.CommandConsumer & mask;
        if (consumer == (_registers.CommandProducer & mask)) return QueueStep.Idle;
        var address = AddressOf(consumer, SizeLog2);
        if (!PhysicalMemory.Contains(address)) return Stop(consumer, FetchAborted);
        var command = new Command(_memory.Read64(address), _memory.Read64(address + 8));
        if (command.Opcode == Opcode.Sync)
        {
            if (!TrySync()) return QueueStep.Waiting;
            if (_atcIsSilent)
            {
                _atcIsSilent = false;
                return Stop(consumer, AtcTimedOut);
            }
            if (command.SyncSignal == SyncMessage) SignalByMessage(command);
            Synchronized?.Invoke();
        }
        else if (!Apply(command)) return Stop(consumer, IllegalCommand);
        _registers.CommandConsumer = (consumer + 1) & mask;
        ConsumedTotal++;
        return QueueStep.Progress;
    }

    /// <summary>Software has dealt with the error: it replaced the command that CONS points to, and the queue goes on.</summary>
    public void Acknowledge()
    {
        _registers.CommandConsumer &= (1u << ErrorShift) - 1;
        _registers.Gerrorn = _registers.Gerror;
    }

    private ulong AddressOf(uint index, int sizeLog2) =>
        Bits.InPlace(_registers.CommandQueueBase, 51, 5) + ((ulong)(index & ((1u << sizeLog2) - 1)) << 4);

    private bool TrySync()
    {
        if (!_syncing)
        {
            _inFlight.Capture(_markers());
            _syncing = true;
        }
        if (!_inFlight.HaveEnded()) return false;
        _syncing = false;
        _invalidator.Settle();
        return true;
    }

    // A request that a device never answers is out of the way once its CMD_SYNC has stopped for it.
    private bool Apply(Command command)
    {
        if (Responder.IsResponse(command.Opcode)) return _responder.Apply(command);
        if (command.Opcode != Opcode.AtcInv || LosesAtcInvalidation?.Invoke(command) != true) return _invalidator.Apply(command);
        _atcIsSilent = true;
        return true;
    }

    private void SignalByMessage(Command command)
    {
        var address = Bits.InPlace(command.Word1, 51, 2);
        if (address != 0) _memory.Write32(address, (uint)(command.Word0 >> 32));
    }

    private QueueStep Stop(uint consumer, uint reason)
    {
        _registers.CommandConsumer = consumer | (reason << ErrorShift);
        _registers.Gerror ^= 1;
        return QueueStep.Stopped;
    }
}
