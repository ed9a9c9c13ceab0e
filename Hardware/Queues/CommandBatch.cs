namespace Iommu.Hardware.Queues;

/// <summary>
/// Commands for one hardware queue, in the queue's own binary form, in order. The batch ends with the queue's
/// synchronization command and is done when that has completed.
/// </summary>
/// <param name="Queue">The queue that must carry them.</param>
/// <param name="Words">The commands, <see cref="ICommandQueue.WordsPerCommand"/> little-endian 64-bit words each.</param>
public sealed record CommandBatch(ICommandQueue Queue, ReadOnlyMemory<ulong> Words);
