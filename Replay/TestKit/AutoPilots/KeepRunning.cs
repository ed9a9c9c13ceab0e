using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Returned by a pilot that takes the next message too.</summary>
public sealed class KeepRunning : AutoPilot
{
    public static KeepRunning Instance = new();

    private KeepRunning() { }

    /// <exception cref="InvalidOperationException">Always: it is an answer, not a pilot.</exception>
    public override AutoPilot Run(IActorRef sender, object message) => throw new InvalidOperationException("Must not call");
}
