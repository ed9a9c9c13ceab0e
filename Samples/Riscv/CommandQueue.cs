using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using RiscvIommu.Walk;

namespace RiscvIommu;

/// <summary>
/// The command queue: a ring of 16-byte commands in memory, indices in cqh and cqt. It stops on a command that it does not know
/// (cqcsr.cmd_ill), with the head at that command.
/// </summary>
public sealed class CommandQueue : ICommandQueue
{
    private readonly Core _core;
    private readonly QueueLog<Command> _log;
    private readonly Func<ImmutableArray<TransactionMarker>> _markers;
    private readonly InFlight _inFlight = new();
    private bool _waiting;

    internal CommandQueue(string name, Core core, Func<ImmutableArray<TransactionMarker>> markers) =>
        (Name, _core, _log, _markers) = (name, core, core.Log.Open(), markers);

    public string Name { get; }

    public int WordsPerCommand => 2;

    public ulong ConsumedTotal { get; private set; }

    private Registers Registers => _core.Registers;

    private uint IndexMask => Registers.IndexMask(Registers.CommandBase);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        var tail = Registers.CommandTail;
        var taken = 0;
        // One place stays free: a tail that meets the head says that the ring is empty.
        for (; taken < words.Length && ((tail + 1) & IndexMask) != Registers.CommandHead; taken += WordsPerCommand)
        {
            _core.Memory.Write64(AddressOf(tail), words[taken]);
            _core.Memory.Write64(AddressOf(tail) + 8, words[taken + 1]);
            tail = (tail + 1) & IndexMask;
        }
        Registers.CommandTail = tail;
        return taken;
    }

    public QueueStep Step()
    {
        const uint stopped = Registers.IllegalCommand | Registers.MemoryFault;
        if ((Registers.CommandStatus & Registers.QueueOn) == 0) return QueueStep.Idle;
        if ((Registers.CommandStatus & stopped) != 0) return QueueStep.Stopped;
        var head = Registers.CommandHead;
        if (head == Registers.CommandTail) return QueueStep.Idle;
        if (!PhysicalMemory.Contains(AddressOf(head))) return Stop(Registers.MemoryFault);
        var command = new Command(_core.Memory.Read64(AddressOf(head)), _core.Memory.Read64(AddressOf(head) + 8));
        if (!CommandCheck.IsLegal(command)) return Stop(Registers.IllegalCommand);
        if (command.Opcode == Opcode.Iofence)
        {
            if (!TryFence(command)) return QueueStep.Waiting;
        }
        else _core.Invalidate(command, _log);
        Registers.CommandHead = (head + 1) & IndexMask;
        ConsumedTotal++;
        return QueueStep.Progress;
    }

    private ulong AddressOf(uint index) => Registers.PageOf(Registers.CommandBase) + (ulong)index * Command.Bytes;

    // Invalidations are done when they are consumed, so only transactions can be left to wait for.
    private bool TryFence(Command command)
    {
        if (!_waiting && command.WaitsForTransactions) _inFlight.Capture(_markers());
        _waiting = !_inFlight.HaveEnded();
        if (_waiting) return false;
        _log.Settle();
        if (command.HasAddress && PhysicalMemory.Contains(command.FenceAddress))
            _core.Memory.Write32(command.FenceAddress, command.FenceData);
        return true;
    }

    private QueueStep Stop(uint reason)
    {
        Registers.CommandStatus |= reason;
        return QueueStep.Stopped;
    }
}
