namespace Iommu.TestKit.Checkers;

/// <summary>An invalidation that software issued and was told is done.</summary>
/// <param name="Command">The command as software produced it.</param>
/// <param name="IssuedAt">The IOMMU's clock just before it reached the queue: walks that began earlier may have read old tables.</param>
/// <param name="Sync">Which synchronization of its queue, counted from 1, reported it done.</param>
/// <param name="Stamp">The checker's own count of completions by then.</param>
/// <param name="Queue">Name of the queue.</param>
public sealed record IssuedInvalidation<TCommand>(TCommand Command, long IssuedAt, long Sync, long Stamp, string Queue);
