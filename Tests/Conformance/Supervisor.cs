using Akka.Actor;

namespace Iommu.Tests.Conformance;

/// <summary>Creates the children it is sent as props and gives their references back.</summary>
public sealed class Supervisor(SupervisorStrategy strategy) : UntypedActor
{
    protected override SupervisorStrategy SupervisorStrategy() => strategy;

    protected override void OnReceive(object message)
    {
        if (message is Exception failure) throw failure;
        if (message is Props props) Sender.Tell(Context.ActorOf(props));
    }
}
