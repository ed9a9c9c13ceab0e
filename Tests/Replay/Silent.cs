using Akka.Actor;

namespace Iommu.Tests.Replay;

/// <summary>Takes every message and does nothing.</summary>
internal sealed class Silent : ReceiveActor
{
    public Silent() => ReceiveAny(_ => { });
}
