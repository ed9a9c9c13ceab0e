using System.Globalization;
using Akka.Configuration;
using Iommu.Replay;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Replay.Stress;

/// <summary>A stress run on one thread, every interleaving from its seed.</summary>
internal static class SeededStress
{
    public static async Task<(StressResult Result, long Steps)> RunAsync(StressOptions options)
    {
        var overlay = ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            iommu.replay { mode = deterministic, seed = {{options.Seed}} }
            iommu.hardware.steps-per-turn = 1
            """));
        var steps = 0L;
        var result = await StressRun.RunAsync(options, overlay: overlay, drive: (system, ended) =>
        {
            var replay = ReplaySystem.Of(system);
            Assert.True(replay.RunUntil(() => ended.IsCompleted, TimeSpan.FromHours(1)), $"seed {options.Seed}: {replay.WaitReport()}");
            steps = replay.Steps;
        });
        return (result, steps);
    }
}
