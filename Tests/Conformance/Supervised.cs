using Akka.Actor;

namespace Iommu.Tests.Conformance;

/// <summary>Tells a listener of its life, counts, fails and stops as told.</summary>
public sealed class Supervised(string name, IActorRef listener) : ActorBase
{
    private int _count;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Exception failure: throw failure;
            case "count": Sender.Tell(++_count); return true;
            case "stop": Context.Stop(Self); return true;
            default: return false;
        }
    }

    protected override void PreStart() => listener.Tell($"{name} PreStart");

    protected override void PostStop() => listener.Tell($"{name} PostStop");

    protected override void PreRestart(Exception reason, object message)
    {
        listener.Tell($"{name} PreRestart {reason.Message}");
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        listener.Tell($"{name} PostRestart {reason.Message}");
        base.PostRestart(reason);
    }
}
