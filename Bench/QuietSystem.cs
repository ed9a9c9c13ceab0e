using Akka.Actor;
using Akka.Configuration;

namespace Iommu.Bench;

/// <summary>An actor system that writes nothing between the figures.</summary>
internal static class QuietSystem
{
    private static readonly Config Quiet = ConfigurationFactory.ParseString("akka.loglevel = OFF\nakka.stdout-loglevel = OFF");

    public static ActorSystem Create(Config config) => ActorSystem.Create("bench", Quiet.WithFallback(config));
}
