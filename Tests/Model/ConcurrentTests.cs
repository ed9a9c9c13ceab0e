using Akka.Configuration;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>What several clients do at once could have been done one after the other.</summary>
public class ConcurrentTests
{
    private const int Clients = 4;
    private const int CallsEach = 4;

    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
    private const ulong Aperture = 1 << 24;

    /// <summary>A little of everything: two devices, mappings, a nest parent, a vIOMMU with a vDEVICE, a nested HWPT.</summary>
    internal static IReadOnlyList<Call> Prepare(ModelMachine machine) =>
    [
        new DeviceBind("iommufd_mock0"),
        new DeviceBind("iommufd_mock2"),
        new IoasAlloc(),
        new IoasMap(new(3), Fixed, machine.Memory[0].Start, 0x2000, Aperture),
        new IoasMap(new(3), Fixed, machine.Memory[1].Start, 0x1000, Aperture + 0x3000),
        new HwptAlloc(new(1), new(3), HwptAllocFlags.NestParent),
        new ViommuAlloc(new(1), new(4), ViommuType.Selftest),
        new VdeviceAlloc(new(5), new(1), 1),
        new HwptAlloc(new(1), new(5), HwptAllocFlags.None, HwptDataType.Selftest, new byte[8]),
        new DeviceAttach(new(1), new(7)),
    ];

    [Fact]
    public async Task Histories_of_an_interleaving_that_the_seed_chooses_can_be_put_in_a_row()
    {
        for (var seed = 0; seed < ModelLength.Histories; seed++)
            await CheckAsync(seed, ConfigurationFactory.ParseString(
                $"iommu.replay {{ mode = deterministic, seed = {seed} }}").WithFallback(Iommu.Actors.SimulatorConfig.None));
    }

    [Fact]
    public async Task Histories_of_threads_can_be_put_in_a_row()
    {
        for (var seed = 0; seed < ModelLength.Histories; seed++) await CheckAsync(seed, config: null);
    }

    private static async Task CheckAsync(int seed, Config? config)
    {
        await using var world = await ModelWorld.OpenAsync(config);
        var model = new IommufdModel(world.Machine, ModelState.Empty);
        foreach (var call in Prepare(world.Machine))
        {
            Assert.Equal(Errno.None, (await world.CallAsync(call)).Errno);
            Assert.Equal(Errno.None, model.Step(call).Errno);
        }
        var random = new Random(seed);
        var calls = Enumerable.Range(0, Clients).Select(_ =>
            CallGenerator.GenerateClient(random, model, CallWeights.Concurrent, CallsEach)).ToList();
        var history = await HistoryRecorder.RecordAsync(world, calls);
        var why = LinearizabilityChecker.Check(model, history);
        Assert.True(why is null, $"seed {seed}{Environment.NewLine}{history}{Environment.NewLine}{why}");
        Assert.Empty(world.Problems);
    }
}
