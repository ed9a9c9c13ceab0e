using System.Collections.Immutable;

namespace Iommu.Hardware.Caches;

/// <summary>
/// The invalidation clock of an IOMMU and the last commands on it, a log for each queue, so that queues share nothing but the clock. A walk
/// notes the clock when it begins; before its result may stay in a cache, it looks whether a command that may have been carried out
/// since covers it: fill first, then ask, then take out again. Any thread may call it.
/// </summary>
/// <typeparam name="TCommand">A command in the IOMMU's own form; what it covers is for its model to say.</typeparam>
public sealed class InvalidationLog<TCommand> where TCommand : struct
{
    private PaddedLong _clock;
    private ImmutableArray<QueueLog<TCommand>> _queues = [];

    /// <summary>
    /// What a walk notes when it begins. It moves on when a queue has done what came before a synchronization: commands that are under way,
    /// or not synchronized yet, count as later than the walk, since it may still come by what they are about to remove.
    /// </summary>
    public long Sequence => Volatile.Read(ref _clock.Value);

    /// <summary>A log for one more queue, which steps it on one thread at a time.</summary>
    public QueueLog<TCommand> Open()
    {
        var log = new QueueLog<TCommand>(this);
        ImmutableInterlocked.Update(ref _queues, (queues, added) => queues.Add(added), log);
        return log;
    }

    /// <summary>Moves the clock on, and returns it: a mark between earlier and later walks. A full fence.</summary>
    public long Tick() => Interlocked.Increment(ref _clock.Value);

    /// <summary>Whether a command after <paramref name="since"/> may cover something; when it cannot be told, yes.</summary>
    /// <param name="what">What was just put into a cache.</param>
    /// <param name="since">The clock when its walk began.</param>
    /// <param name="covers">Whether a command removes it.</param>
    public bool MayCover<T>(T what, long since, Func<TCommand, T, bool> covers)
    {
        Interlocked.MemoryBarrier();
        foreach (var queue in _queues)
            if (queue.MayCover(what, since, covers)) return true;
        return false;
    }
}
