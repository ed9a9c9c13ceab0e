using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A guest's half of a Tegra241 VCMDQ that it has to itself: a ring in its memory, and the registers in the page that its VMM has
/// mapped into it. It produces; that the hardware has drained it reads from CONS. One thread at a time.
/// </summary>
/// <param name="name">For messages.</param>
/// <param name="memory">The machine's memory.</param>
/// <param name="ring">Physical address of the ring, aligned to its length.</param>
/// <param name="sizeLog2">Log2 of the number of commands that it holds.</param>
/// <param name="page0">Physical address of page 0.</param>
/// <param name="index">Which of the guest's queues.</param>
public sealed class VcmdqRing(string name, PhysicalMemory memory, ulong ring, int sizeLog2, ulong page0, int index) : ICommandQueue
{
    private const ulong RegistersBytes = 0x80;
    private const int WordsEach = 2;
    private const int ErrorShift = 24;

    private readonly ulong _registers = page0 + (ulong)index * RegistersBytes;
    private readonly uint _mask = (2u << sizeLog2) - 1;
    private uint _producer;
    private uint _seen;

    public string Name => name;

    public int WordsPerCommand => WordsEach;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>Commands that are in the ring, those included that the hardware has drained since the last <see cref="Step"/>.</summary>
    public int Outstanding => (int)((_producer - _seen) & _mask);

    /// <summary>Commands that still fit.</summary>
    public int Room => (1 << sizeLog2) - Outstanding;

    public uint Consumer => memory.Read32(_registers);

    public uint Producer => memory.Read32(_registers + 4);

    public uint Config => memory.Read32(_registers + 8);

    public uint Status => memory.Read32(_registers + 12);

    /// <summary>The registers that a new owner must find as after reset.</summary>
    public IReadOnlyList<(string Register, ulong Value)> LeftOver =>
        [("CONS", Consumer), ("PROD", Producer), ("CONFIG", Config), ("STATUS", Status), ("GERROR not acknowledged", Gerror ^ Gerrorn)];

    public uint Gerror => memory.Read32(_registers + 16);

    public uint Gerrorn => memory.Read32(_registers + 20);

    /// <summary>CMD_SYNC that signals nothing (CS = 0): the only one that a guest's queue completes by what the guest can see.</summary>
    public static Command Sync { get; } = new((ulong)Opcode.Sync, 0);

    /// <summary>Switches the queue on or off.</summary>
    public void Enable(bool on = true) => memory.Write32(_registers + 8, on ? 1u : 0);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % WordsEach != 0) throw new ArgumentException("half a command", nameof(words));
        var count = Math.Min(Room, words.Length / WordsEach);
        if (count == 0) return 0;
        for (var i = 0; i < count; i++, _producer++)
        {
            memory.Write64(AddressOf(_producer), words[WordsEach * i]);
            memory.Write64(AddressOf(_producer) + 8, words[WordsEach * i + 1]);
        }
        memory.Write32(_registers + 4, _producer &= _mask);
        return count * WordsEach;
    }

    /// <summary>Looks how far the hardware is.</summary>
    public QueueStep Step()
    {
        // In this order: CONS of a queue that has stopped stays, and its reason is there before GERROR says so.
        var consumer = Consumer;
        var hasStopped = ErrorOf(consumer) != 0 && ((Gerror ^ Gerrorn) & 1) != 0;
        var moved = (consumer - _seen) & _mask;
        ConsumedTotal += moved;
        _seen = (_seen + moved) & _mask;
        if (hasStopped) return QueueStep.Stopped;
        if (moved != 0) return QueueStep.Progress;
        return Outstanding == 0 ? QueueStep.Idle : QueueStep.Waiting;
    }

    /// <summary>Why the queue stopped: CONS.ERR.</summary>
    public int Error => ErrorOf(Consumer);

    /// <summary>Puts another command in the place of the one that the queue stopped at, and acknowledges the error: it goes on.</summary>
    public void Replace(Command command)
    {
        var address = AddressOf(Consumer);
        memory.Write64(address, command.Word0);
        memory.Write64(address + 8, command.Word1);
        memory.Write32(_registers + 20, Gerror);
    }

    private static int ErrorOf(uint consumer) => (int)((consumer >> ErrorShift) & 0x7F);

    private ulong AddressOf(uint position) => ring + ((ulong)(position & (_mask >> 1)) << 4);
}
