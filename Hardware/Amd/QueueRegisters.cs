using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd;

/// <summary>
/// The page of head, tail and status registers (MMIO offset 2000h): one of the host's, and one for each guest's interface, which a VMM
/// maps into the guest. Heads and tails are byte offsets into their rings. Software reaches it by loads and stores of the physical
/// address space; the methods are the IOMMU's side. Any thread may use it.
/// </summary>
/// <remarks>
/// Of the status register software clears what has happened by writing a one over it (3.4, RW1C). By a one over a bit that says that
/// something runs it has that go on, which takes a control register where there is one.
/// </remarks>
public sealed class QueueRegisters : IMmio
{
    public const int CommandHeadOffset = 0x00;
    public const int CommandTailOffset = 0x08;
    public const int EventHeadOffset = 0x10;
    public const int EventTailOffset = 0x18;
    public const int StatusOffset = 0x20;
    public const int PprHeadOffset = 0x30;
    public const int PprTailOffset = 0x38;

    private const QueueStatus Runs =
        QueueStatus.EventLogRunning | QueueStatus.CommandBufferRunning | QueueStatus.PprLogRunning;

    private const ulong UpperHalf = 4;

    private readonly ulong[] _words = new ulong[PprTailOffset / 8 + 1];

    public QueueStatus Status => (QueueStatus)Volatile.Read(ref _words[StatusOffset / 8]);

    /// <summary>Told, on the writer's thread, that software has stored to a register.</summary>
    internal Action? Written { get; set; }

    /// <summary>Puts such a page into an address space.</summary>
    public static QueueRegisters At(PhysicalMemory memory, ulong address)
    {
        var registers = new QueueRegisters();
        memory.Attach(address, PhysicalMemory.PageBytes, registers);
        return registers;
    }

    public uint Read(int offset) => (uint)Volatile.Read(ref _words[offset / 8]);

    public void Write(int offset, uint value) => Volatile.Write(ref _words[offset / 8], value);

    /// <summary>Sets and clears bits of the status register at once.</summary>
    public void Change(QueueStatus set, QueueStatus clear)
    {
        ref var status = ref _words[StatusOffset / 8];
        while (true)
        {
            var old = Volatile.Read(ref status);
            if (Interlocked.CompareExchange(ref status, (old & ~(ulong)clear) | (ulong)set, old) == old) return;
        }
    }

    uint IMmio.Read(ulong offset) => (offset & UpperHalf) != 0 || offset / 8 >= (ulong)_words.Length ? 0 : Read((int)offset);

    void IMmio.Write(ulong offset, uint value)
    {
        if ((offset & UpperHalf) != 0 || offset / 8 >= (ulong)_words.Length) return;
        if (offset == StatusOffset) Change((QueueStatus)value & Runs, (QueueStatus)value & ~Runs);
        else Write((int)offset, value);
        Written?.Invoke();
    }
}

/// <summary>Bits of the status register (MMIO offset 2020h).</summary>
[Flags]
public enum QueueStatus : ulong
{
    None = 0,
    EventOverflow = 1 << 0,
    EventInterrupt = 1 << 1,
    CompletionWaitInterrupt = 1 << 2,
    EventLogRunning = 1 << 3,
    CommandBufferRunning = 1 << 4,
    PprOverflow = 1 << 5,
    PprInterrupt = 1 << 6,
    PprLogRunning = 1 << 7,
}
