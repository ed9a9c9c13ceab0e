namespace Iommu.Hardware.Queues;

/// <summary>
/// A hardware command queue: a ring in memory with a producer and a consumer index. One caller at a time produces and
/// steps; translations go on meanwhile on other threads.
/// </summary>
public interface ICommandQueue
{
    string Name { get; }

    /// <summary>64-bit words a command takes: 2 for SMMUv3.</summary>
    int WordsPerCommand { get; }

    /// <summary>Writes commands into the ring and moves the producer index. Returns how many words fitted.</summary>
    int Produce(ReadOnlySpan<ulong> words);

    /// <summary>
    /// One resumable step of the consumer: fetch a command, do a part of it, or wait for what it must wait for.
    /// </summary>
    QueueStep Step();

    /// <summary>Commands that the hardware has consumed since it was enabled; a CMD_SYNC counts when it has completed.</summary>
    ulong ConsumedTotal { get; }
}

/// <summary>What a step of a queue came to.</summary>
public enum QueueStep
{
    /// <summary>The ring is empty.</summary>
    Idle,
    /// <summary>Something was done; there may be more.</summary>
    Progress,
    /// <summary>A synchronization waits for transactions in flight; step again when others have moved.</summary>
    Waiting,
    /// <summary>The queue stopped on a command error; see the device's error register.</summary>
    Stopped,
}
