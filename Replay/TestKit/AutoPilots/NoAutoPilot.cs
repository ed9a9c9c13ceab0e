using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Does nothing, for good.</summary>
public sealed class NoAutoPilot : AutoPilot
{
    public static NoAutoPilot Instance = new();

    private NoAutoPilot() { }

    public override AutoPilot Run(IActorRef sender, object message) => this;
}
