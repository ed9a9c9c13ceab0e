using Akka.Actor;
using Akka.Configuration;

namespace Iommu.Tests.Replay;

/// <summary>Quiet actor systems in either mode.</summary>
internal static class Systems
{
    public static ActorSystem Deterministic(long seed, bool trace = true) => ActorSystem.Create(
        "replay", ConfigurationFactory.ParseString($$"""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        iommu.replay { mode = deterministic, seed = {{seed}}, trace = {{(trace ? "on" : "off")}} }
        """));

    public static ActorSystem Parallel() => ActorSystem.Create("parallel", ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        iommu.replay.mode = parallel
        """));
}
