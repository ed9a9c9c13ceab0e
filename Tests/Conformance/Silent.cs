using Akka.Actor;

namespace Iommu.Tests.Conformance;

/// <summary>Takes every message and answers none.</summary>
public sealed class Silent : UntypedActor
{
    protected override void OnReceive(object message) { }
}
