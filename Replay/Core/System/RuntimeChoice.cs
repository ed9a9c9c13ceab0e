using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Iommu.Replay;

namespace Akka.Actor;

/// <summary>Reads iommu.replay.mode, a key that Akka.NET does not know and ignores.</summary>
internal static class RuntimeChoice
{
    public static Runtime Of(ActorSystemImpl system, Config config)
    {
        var mode = config.GetString("iommu.replay.mode", "parallel");
        return mode switch
        {
            "parallel" => new ParallelRuntime(
                config.GetTimeSpan("akka.scheduler.tick-duration", TimeSpan.FromMilliseconds(10)),
                e => system.Log.Error(e, "An action of the scheduler failed")),
            "deterministic" => new DeterministicRuntime(
                system, config.GetLong("iommu.replay.seed", 0), config.GetBoolean("iommu.replay.trace", false)),
            _ => throw new ConfigurationException($"iommu.replay.mode is '{mode}': it must be parallel or deterministic."),
        };
    }
}
