using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Reacts to each message of a test actor before the test sees it; what it returns takes the next.</summary>
public abstract class AutoPilot
{
    public static NoAutoPilot NoAutoPilot => TestKit.NoAutoPilot.Instance;

    public static KeepRunning KeepRunning => TestKit.KeepRunning.Instance;

    public abstract AutoPilot Run(IActorRef sender, object message);
}
