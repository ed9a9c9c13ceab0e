using Akka.Configuration;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Model;

/// <summary>What several clients do at once could have been done one after the other.</summary>
public class ConcurrentTests
{
    private const int Clients = 4;
    private const int CallsEach = 4;

    /// <summary>A little of everything: two devices, mappings, a nest parent, a vIOMMU with a vDEVICE, a nested HWPT.</summary>
    public static readonly IReadOnlyList<Call> Prepared =
    [
        new DeviceBind("first-dev0"),
        new DeviceBind("first-dev1"),
        new IoasAlloc(),
        SimulatorHarness.Fixed(new ObjectId(3), 0x1000, 2),
        SimulatorHarness.Fixed(new ObjectId(3), 0x4000, 1, 2 << 20),
        new HwptAlloc(new ObjectId(1), new ObjectId(3), HwptAllocFlags.NestParent),
        new ViommuAlloc(new ObjectId(1), new ObjectId(4), ViommuType.ArmSmmuv3),
        new VdeviceAlloc(new ObjectId(5), new ObjectId(1), 1),
        SimulatorHarness.NestedCall(new ObjectId(1), new ObjectId(5)),
        new DeviceAttach(new ObjectId(1), new ObjectId(7)),
    ];

    [Theory]
    [InlineData(0)]
    public async Task Histories_of_an_interleaving_that_the_seed_chooses_can_be_put_in_a_row(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 3000; seed++)
            await CheckAsync(seed, ConfigurationFactory.ParseString(
                $"iommu.replay {{ mode = deterministic, seed = {seed} }}").WithFallback(Iommu.Actors.SimulatorConfig.None));
    }

    private static async Task CheckAsync(int seed, Config? config)
    {
        await using var world = await ModelWorld.OpenAsync(config);
        var model = new IommufdModel(world.Machine, ModelState.Empty);
        foreach (var call in Prepared)
        {
            Assert.Equal(Errno.None, (await world.CallAsync(call)).Errno);
            Assert.Equal(Errno.None, model.Step(call).Errno);
        }
        var random = new Random(seed);
        var calls = Enumerable.Range(0, Clients).Select(_ =>
            CallGenerator.GenerateClient(random, model, [.. CallWeights.Objects, .. CallWeights.Mappings], CallsEach)).ToList();
        var history = await HistoryRecorder.RecordAsync(world, calls);
        if (LinearizabilityChecker.Check(model, history) is { } why)
            File.AppendAllText("/tmp/hist.txt", $"seed {seed}{Environment.NewLine}{history}{Environment.NewLine}{why}\n======\n");
    }
}
