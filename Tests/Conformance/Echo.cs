using Akka.Actor;

namespace Iommu.Tests.Conformance;

/// <summary>Answers each message with itself.</summary>
public sealed class Echo : UntypedActor
{
    protected override void OnReceive(object message) => Sender.Tell(message);
}
