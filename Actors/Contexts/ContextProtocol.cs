using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>To a context that was just started: answer with success when everything in its journal is back.</summary>
internal sealed record AwaitReady
{
    public static readonly AwaitReady Instance = new();
}

/// <summary>
/// From a context to its parent: it was closed, and this many objects could not be destroyed. The closer is to be answered when
/// that is durable and the context is gone, so that it can be opened again.
/// </summary>
internal sealed record ContextEnded(string Name, int Leaked, IActorRef Closer);

/// <summary>From a context to its parent, before it stops: its own journal cannot be written, or read.</summary>
internal sealed record ContextLost(string Name, Exception Cause);

/// <summary>To a context, by checkers: look at its state, in its own turn. The sender gets what it returns.</summary>
public sealed record InspectContext(Func<ContextInspection, object> Look);

/// <summary>The state that a context shows to a checker, true for the length of one turn.</summary>
/// <param name="Graph">The object graph as journaled. Do not keep it: it changes with the next turn.</param>
/// <param name="IdsTaken">Ids reserved, published and tombstoned.</param>
/// <param name="Objects">The actor of every published object.</param>
public sealed record ContextInspection(ObjectGraph Graph, int IdsTaken, IReadOnlyDictionary<ObjectId, IActorRef> Objects);
