namespace Iommu.Bench.Explore;

/// <summary>The search of interleavings, which there is on Replay alone.</summary>
internal static class ExploreBenchmarks
{
    public static Task Run()
    {
        Console.WriteLine("explore, mutants: only on Replay (-p:ActorRuntime=Replay)");
        return Task.CompletedTask;
    }

    public static Task RunMutants() => Run();
}
