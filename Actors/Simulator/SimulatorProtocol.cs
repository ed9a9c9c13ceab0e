using Iommu.Actors.Contexts;

namespace Iommu.Actors.Simulator;

/// <summary>
/// open(/dev/iommu) under a name; what the journal has under that name is brought back first. Answered by
/// <see cref="ContextReady"/>, or by a failure that says why not.
/// </summary>
internal sealed record OpenContext(ContextSettings Settings);

/// <summary>Which contexts were opened and not closed, as the journal has it. Answered by <see cref="ContextNames"/>.</summary>
internal sealed record ListContexts
{
    public static readonly ListContexts Instance = new();
}

internal sealed record ContextNames(IReadOnlyList<string> Names);

internal sealed record ContextReady(Akka.Actor.IActorRef Context);

/// <summary>Published on the event stream when a context ended by a failure; callers of it get no answer any more.</summary>
/// <param name="Name">The context.</param>
/// <param name="Cause">What its actor, or an object's, threw.</param>
public sealed record ContextFailed(string Name, Exception Cause);
