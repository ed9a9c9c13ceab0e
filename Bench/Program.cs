using Iommu.Bench;
using Iommu.Bench.Actors;
using Iommu.Bench.Bridge;
using Iommu.Bench.Calls;
using Iommu.Bench.Explore;
using Iommu.Bench.Journal;
using Iommu.Bench.Recovery;
using Iommu.Bench.Smmuv3;
using Iommu.Bench.Tegra241;

var benchmarks = new Dictionary<string, Func<Task>>
{
    ["actors"] = ActorBenchmarks.Run,
    ["hardware"] = HardwareLoop.Run,
    ["invalidations"] = TrappedInvalidations.Run,
    ["queues"] = DirectQueues.Run,
    ["calls"] = ControlCalls.Run,
    ["memory"] = IdleObjects.Run,
    ["journal"] = JournalBenchmarks.Run,
    ["durable"] = JournaledCalls.Run,
    ["recovery"] = RecoveryBenchmarks.Run,
    ["bridge"] = BridgeCalls.Run,
    ["explore"] = ExploreBenchmarks.Run,
    ["mutants"] = ExploreBenchmarks.RunMutants,
};

var chosen = args.Length == 0 ? [.. benchmarks.Keys] : args;
if (chosen.FirstOrDefault(name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"bench: '{unknown}' is not a benchmark; there are: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}

Machine.Describe();
foreach (var name in chosen) await benchmarks[name]();
return 0;
