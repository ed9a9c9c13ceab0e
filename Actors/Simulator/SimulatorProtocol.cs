using Iommu.Actors.Contexts;

namespace Iommu.Actors.Simulator;

/// <summary>
/// open(/dev/iommu) under a name; what the journal has under that name is brought back first. Answered by
/// <see cref="ContextReady"/>, or by a failure that says why not.
/// </summary>
internal sealed record OpenContext(ContextSettings Settings);

internal sealed record ContextReady(Akka.Actor.IActorRef Context);

/// <summary>From the directory to its parent: it knows which contexts there are.</summary>
internal sealed record DirectoryReady
{
    public static readonly DirectoryReady Instance = new();
}

/// <summary>From the directory to its parent, before it stops: its journal cannot be written, or read.</summary>
internal sealed record DirectoryLost(Exception Cause);

/// <summary>Published on the event stream when a context ended by a failure; callers of it get no answer any more.</summary>
/// <param name="Name">The context.</param>
/// <param name="Cause">What its actor, or an object's, threw.</param>
public sealed record ContextFailed(string Name, Exception Cause);
