using Akka.Configuration;

namespace Akka.Actor.Internal;

/// <summary>A phase of coordinated shutdown. Those known are Akka.NET's, in its order; configuration may change their limits.</summary>
internal sealed record ShutdownPhase(string Name, TimeSpan Timeout, bool Recover)
{
    private static readonly string[] Order =
    [
        CoordinatedShutdown.PhaseBeforeServiceUnbind,
        CoordinatedShutdown.PhaseServiceUnbind,
        CoordinatedShutdown.PhaseServiceRequestsDone,
        CoordinatedShutdown.PhaseServiceStop,
        CoordinatedShutdown.PhaseBeforeClusterShutdown,
        CoordinatedShutdown.PhaseClusterShardingShutdownRegion,
        CoordinatedShutdown.PhaseClusterLeave,
        CoordinatedShutdown.PhaseClusterExiting,
        CoordinatedShutdown.PhaseClusterExitingDone,
        CoordinatedShutdown.PhaseClusterShutdown,
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
        CoordinatedShutdown.PhaseActorSystemTerminate,
    ];

    // The phases that wait for something slow: regions, the cluster, the last actor.
    private static readonly string[] Slow =
    [
        CoordinatedShutdown.PhaseClusterShardingShutdownRegion,
        CoordinatedShutdown.PhaseClusterExiting,
        CoordinatedShutdown.PhaseActorSystemTerminate,
    ];

    public static IReadOnlyList<ShutdownPhase> InOrder(Config config)
    {
        var usual = config.GetTimeSpan("akka.coordinated-shutdown.default-phase-timeout", TimeSpan.FromSeconds(5));
        return [.. Order.Select(name => Read(config, name, Slow.Contains(name) ? TimeSpan.FromSeconds(10) : usual))];
    }

    private static ShutdownPhase Read(Config config, string name, TimeSpan timeout)
    {
        var path = "akka.coordinated-shutdown.phases." + name;
        return new ShutdownPhase(name, config.GetTimeSpan(path + ".timeout", timeout), config.GetBoolean(path + ".recover", true));
    }
}
