using System.Collections.Immutable;
using Akka.Persistence;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>A request of one persistent actor, from when the journal has it to when it is durable.</summary>
/// <param name="Number">From 1 up, over all streams.</param>
/// <param name="Writes">What it is made of, each all or none.</param>
internal sealed record SimulatedWrite(int Number, ImmutableArray<AtomicWrite> Writes)
{
    private readonly TaskCompletionSource<IImmutableList<Exception>> _confirmed = new();

    public string Stream => Writes[0].PersistenceId;

    /// <summary>Ends when the writer is to be told.</summary>
    public Task<IImmutableList<Exception>> Confirmed => _confirmed.Task;

    /// <summary>Why it is not known whether it is durable; null when it is.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The events of the first of its writes.</summary>
    /// <param name="count">How many writes.</param>
    public IEnumerable<IPersistentRepresentation> First(int count) =>
        Writes.Take(count).SelectMany(write => (IImmutableList<IPersistentRepresentation>)write.Payload);

    public void Confirm()
    {
        if (Failure is { } failure) _confirmed.TrySetException(failure);
        else _confirmed.TrySetResult(null!);
    }
}
