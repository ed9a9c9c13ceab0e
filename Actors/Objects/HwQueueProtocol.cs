using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// To a hardware queue: this one, whose driver has built on it, must not outlive it: keep a reference for it, and have the context
/// adopt it; or tell its vIOMMU <see cref="QueueRefused"/>. The sender is the caller.
/// </summary>
internal sealed record LinkQueue(HwQueueBlueprint Dependent)
{
    public void Refuse(IActorRef caller) => Dependent.Builder.Tell(new QueueRefused(Dependent), caller);
}

/// <summary>To a vIOMMU: the queue that this one depends on has gone, or is going. The sender is the caller.</summary>
internal sealed record QueueRefused(HwQueueBlueprint Dependent);

/// <summary>From a hardware queue that is leaving, to its vIOMMU: free it, and retire it for <paramref name="Remover"/>.</summary>
internal sealed record FreeQueue(HwQueueBlueprint Queue, ObjectId Id, IActorRef Remover, Answer Farewell);
