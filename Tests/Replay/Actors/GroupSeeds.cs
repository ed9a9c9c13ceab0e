using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Groups;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Actors.Groups;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// Several clients attach, replace, detach, unbind and reset the devices of one group, with PASIDs, while they fault, in an
/// interleaving that the seed chooses. In the end references and hardware are what the graph says, and every group of page faults was
/// delivered once or answered once (I6).
/// </summary>
public class GroupSeeds
{
    private const int Clients = 4;
    private const int CallsEach = 40;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public Task Any_interleaving_on_a_group_keeps_the_books(int firstSeed) => Seeds.RunAsync(firstSeed, 25, RunOnce);

    private static async Task RunOnce(int seed)
    {
        await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed), ObjectModelSeeds.Group).OpenAsync();
        iommu.First.HasPasids = true;
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { PasidBits = 2, Ats = true };
        iommu.First.RegionsOf = device => [new((ulong)device.StreamId << 12, ((ulong)device.StreamId << 12) + 0xfff)];
        var problems = iommu.CollectProblems();
        var queue = new RecordingFaultQueue(iommu);
        await BuildAsync(iommu, queue);

        var finished = new StrongBox<int>();
        var faults = new StrongBox<int>();
        for (var client = 0; client < Clients; client++)
        {
            var random = new Random(seed * 31 + client);
            iommu.System.ActorOf(Props.Create(() => new Client(iommu, random, CallsEach, finished, faults)));
        }
        Assert.True(iommu.Replay.RunUntil(() => finished.Value == Clients, TimeSpan.FromMinutes(1)),
            $"seed {seed}: a call was never answered; problems: {string.Join("; ", problems)}");
        iommu.Replay.RunUntilIdle();

        Assert.True(problems.Count == 0, $"seed {seed}: {string.Join("; ", problems)}");
        Assert.Equal((seed, faults.Value), (seed, iommu.First.Responses.Count + queue.Count<DeliverFaults>()));
        foreach (var device in iommu.Machine.Devices)
            for (var i = 0; i < CallsEach; i++) await iommu.Simulator.EndResetAsync(device);
        Assert.Equal((seed, await ObjectModelSeeds.ExpectedPlaces(iommu)), (seed, iommu.Places()));
        var state = await iommu.State();
        Assert.Equal((seed, await iommu.ExpectedCounts()), (seed, state.Split("counts ")[1].Split(';')[0]));
        var closed = await iommu.Context.CloseAsync();
        Assert.Equal((seed, 0UL, 0, ""), (seed, closed.Value, iommu.First.Live, iommu.Places()));
    }

    /// <summary>Devices are 1 to 3, IOASes 4 and 5, HWPTs 6 to 9; all but the last are for PASIDs, two have a fault queue.</summary>
    private static async Task BuildAsync(SimulatorHarness iommu, RecordingFaultQueue queue)
    {
        foreach (var name in new[] { "one", "other", "first-dev0" }) await iommu.Bind(name);
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        foreach (var (on, flags) in new[]
            { (ioas, HwptAllocFlags.Pasid), (ioas, HwptAllocFlags.Pasid), (other, HwptAllocFlags.Pasid), (ioas, HwptAllocFlags.None) })
            await iommu.Hwpt(new ObjectId(1), on, flags);
        foreach (var id in new uint[] { 7, 8 }) iommu.GiveFaultQueue(new ObjectId(id), queue.Actor);
    }

    private sealed class Client : ReceiveActor
    {
        private readonly SimulatorHarness _iommu;
        private readonly Random _random;
        private readonly StrongBox<int> _faults;

        public Client(SimulatorHarness iommu, Random random, int calls, StrongBox<int> finished, StrongBox<int> faults)
        {
            (_iommu, _random, _faults) = (iommu, random, faults);
            Next();
            Receive<Answer>(_ =>
            {
                if (--calls > 0) Next();
                else finished.Value++;
            });
        }

        private void Next()
        {
            Report();
            if (_random.Next(12) == 0 && _iommu.Context.Table.Find(Device(), ObjectType.Device) is { } bound)
            {
                var device = (PhysicalDevice)bound.Hardware!;
                bound.Group!.Tell(_random.Next(3) == 0 ? new ResetBegins(device) : new ResetEnds(device));
                return;
            }
            _iommu.Context.Send(_random.Next(12) switch
            {
                0 => new DeviceBind(_random.Next(3) switch { 0 => "one", 1 => "other", _ => "first-dev0" }),
                1 when _random.Next(2) == 0 => new DeviceUnbind(Device()),
                1 or 2 or 3 => new DeviceDetach(Device(), Pasid()),
                _ => new DeviceAttach(Device(), new ObjectId((uint)_random.Next(4, 10)), Pasid(), (AttachMode)_random.Next(3)),
            }, Self);
        }

        private void Report()
        {
            var flags = (PageFaultFlags)_random.Next(4);
            if (flags.HasFlag(PageFaultFlags.LastPage)) _faults.Value++;
            _iommu.Simulator.ReportFault(_iommu.Machine.Devices[^_random.Next(1, 3)],
                new PageFault(flags, Pasid(), (uint)_random.Next(2), PageFaultPermissions.Read, 0x1000));
        }

        private ObjectId Device() => new((uint)_random.Next(1, 4));

        private uint Pasid() => _random.Next(2) == 0 ? 0 : (uint)_random.Next(1, 5);
    }
}
