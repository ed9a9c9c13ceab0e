namespace Iommu.TestKit.Checkers;

/// <summary>A breach of I8: a transaction that started after an invalidation was reported done used what it should have removed.</summary>
/// <param name="Port">Who used it.</param>
/// <param name="Entry">The entry: tags, address, size, and the clock when its walk began.</param>
/// <param name="Invalidation">The command that covers it, and the synchronization that reported it done.</param>
/// <param name="Synchronization">What the architecture calls that.</param>
public sealed record StaleHit<TCommand, TEntry>(
    string Port, TEntry Entry, IssuedInvalidation<TCommand> Invalidation, string Synchronization)
{
    public override string ToString() =>
        $"{Port} hit {Entry}, which {Invalidation.Command} issued at {Invalidation.IssuedAt} " +
        $"should have removed; {Synchronization} {Invalidation.Sync} of {Invalidation.Queue} had reported it done";
}
