using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A guest's half of a queue whose registers, in a page that its VMM has mapped into it, are byte offsets into the ring: the head, which is
/// the hardware's, at 0 and the tail, which is the guest's, at 8. One thread at a time.
/// </summary>
/// <param name="name">For messages.</param>
/// <param name="memory">The machine's memory.</param>
/// <param name="ring">Physical address of the ring.</param>
/// <param name="lengthBytes">Of the ring, a power of two.</param>
/// <param name="wordsPerCommand">64-bit words that a command takes.</param>
/// <param name="registers">Physical address of the register page.</param>
/// <param name="isStopped">Whether the registers say that it has stopped.</param>
internal sealed class HeadTailRing(
    string name, PhysicalMemory memory, ulong ring, ulong lengthBytes, int wordsPerCommand, ulong registers, Func<bool> isStopped)
    : ICommandQueue
{
    private const ulong TailOffset = 8;

    private readonly uint _mask = (uint)lengthBytes - 1;
    private readonly uint _commandBytes = (uint)wordsPerCommand * 8;
    private uint _tail;
    private uint _seen;

    public string Name => name;

    public int WordsPerCommand => wordsPerCommand;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>Commands that still fit; a tail that meets the head says that the ring is empty.</summary>
    public int Room => (int)((_mask + 1 - _commandBytes - ((_tail - _seen) & _mask)) / _commandBytes);

    public uint Head => memory.Read32(registers);

    public uint Tail => memory.Read32(registers + TailOffset);

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % wordsPerCommand != 0) throw new ArgumentException("half a command", nameof(words));
        var count = Math.Min(Room, words.Length / wordsPerCommand) * wordsPerCommand;
        if (count == 0) return 0;
        for (var i = 0; i < count; i++) memory.Write64(ring + ((_tail + 8 * (uint)i) & _mask), words[i]);
        _tail = (_tail + 8 * (uint)count) & _mask;
        memory.Write32(registers + TailOffset, _tail);
        return count;
    }

    /// <summary>Looks how far the hardware is.</summary>
    public QueueStep Step()
    {
        // In this order: the head of a queue that has stopped stays.
        var hasStopped = isStopped();
        var moved = (Head - _seen) & _mask;
        _seen = (_seen + moved) & _mask;
        ConsumedTotal += moved / _commandBytes;
        if (hasStopped) return QueueStep.Stopped;
        if (moved != 0) return QueueStep.Progress;
        return _seen == _tail ? QueueStep.Idle : QueueStep.Waiting;
    }

    /// <summary>Puts another command in the place of the one at the head, which the queue has stopped at.</summary>
    public void Replace(params ReadOnlySpan<ulong> command)
    {
        for (var i = 0; i < command.Length; i++) memory.Write64(ring + Head + 8 * (ulong)i, command[i]);
    }
}
