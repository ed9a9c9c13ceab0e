using System.Runtime.InteropServices;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A guest's command buffer: it carries what a call has, in the form in which that has it, and COMPLETION_WAIT.</summary>
internal sealed class AmdQueue : GuestQueue
{
    private static readonly Command Sync = Command.Wait();

    // Of an opcode that there is not.
    private static readonly Command Mistake = new(0, 0);

    private static readonly (string Name, int Offset)[] Pointers =
    [
        ("command head", QueueRegisters.CommandHeadOffset), ("command tail", QueueRegisters.CommandTailOffset),
        ("event head", QueueRegisters.EventHeadOffset), ("event tail", QueueRegisters.EventTailOffset),
        ("PPR head", QueueRegisters.PprHeadOffset), ("PPR tail", QueueRegisters.PprTailOffset),
    ];

    private readonly PhysicalMemory _memory;
    private readonly ulong _registers;
    private readonly HeadTailRing _ring;

    public AmdQueue(QueueGrant grant, PhysicalMemory memory, ulong ringBytes, Func<ICommandQueue, ICommandQueue> watch)
    {
        (_memory, _registers) = (memory, grant.Registers);
        _ring = new HeadTailRing(
            grant.Name, memory, grant.Ring, ringBytes, CommandBuffer.CommandBytes / 8, grant.Registers, () => !IsRunning);
        Ring = watch(_ring);
    }

    public override ICommandQueue Ring { get; }

    public override int Room => _ring.Room;

    public override string Error => "ILLEGAL_COMMAND_ERROR";

    public override IReadOnlyList<(string Register, ulong Value)> LeftOver =>
    [
        .. Pointers.Select(pointer => (pointer.Name, (ulong)_memory.Read32(_registers + (ulong)pointer.Offset))),
        ("status", (ulong)(Status & ~QueueStatus.CommandBufferRunning)),
    ];

    private QueueStatus Status => (QueueStatus)_memory.Read32(_registers + QueueRegisters.StatusOffset);

    private bool IsRunning => Status.HasFlag(QueueStatus.CommandBufferRunning);

    public override bool TryAdd(HwptInvalidate call, List<ulong> words)
    {
        var entries = MemoryMarshal.Cast<byte, ulong>(call.Entries.Span);
        // In an array a COMPLETION_WAIT is refused, in a ring it is none too many.
        for (var i = 0; i < entries.Length; i += 2)
            if (new Command(entries[i], entries[i + 1]).Opcode == Opcode.CompletionWait) return false;
        words.AddRange(entries);
        return true;
    }

    public override void AddSync(List<ulong> words) => words.AddRange([Sync.Word0, Sync.Word1]);

    public override void AddMistake(List<ulong> words) => words.AddRange([Mistake.Word0, Mistake.Word1]);

    public override void Mend()
    {
        _ring.Replace(Sync.Word0, Sync.Word1);
        _memory.Write32(_registers + QueueRegisters.StatusOffset, (uint)QueueStatus.CommandBufferRunning);
    }
}
