using Akka.Actor;
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

/// <param name="Context">Its actor.</param>
/// <param name="Table">Its published objects.</param>
internal sealed record ContextReady(IActorRef Context, ObjectTable Table);

/// <summary>From who has found a context lost: answer by <see cref="RestartOver"/> when its next incarnation serves.</summary>
/// <param name="Name">The context.</param>
/// <param name="Lost">The actor that was lost.</param>
internal sealed record AwaitRestart(string Name, IActorRef Lost);

/// <param name="IsBack">False when it is restarted no more, or cannot be brought back now.</param>
internal sealed record RestartOver(bool IsBack);

/// <summary>To itself, when the next try to bring a context back is due.</summary>
internal sealed record RestartDue(string Name);

/// <summary>From the directory to its parent: it knows which contexts there are.</summary>
internal sealed record DirectoryReady
{
    public static readonly DirectoryReady Instance = new();
}

/// <summary>From the directory to its parent, before it stops: its journal cannot be written, or read.</summary>
internal sealed record DirectoryLost(Exception Cause);

/// <summary>Published on the event stream when a context ended by a failure; calls in flight are answered EIO.</summary>
/// <param name="Name">The context.</param>
/// <param name="Cause">What its actor, or an object's, threw.</param>
public sealed record ContextFailed(string Name, Exception Cause);

/// <summary>Published on the event stream when a context that failed serves again, brought back by its supervisor.</summary>
public sealed record ContextRestarted(string Name);
