using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// Several clients make random calls on few objects, in an interleaving that the seed chooses. Whatever happens, every call is
/// answered, references are what the graph says, and a close leaves nothing.
/// </summary>
public class ObjectModelSeeds
{
    private const int Clients = 4;
    private const int CallsEach = 40;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public Task Any_interleaving_of_calls_keeps_the_books(int firstSeed) => Seeds.RunAsync(firstSeed, 25, RunOnce);

    private static async Task RunOnce(int seed)
    {
        await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed), Group).OpenAsync();
        iommu.First.HasPasids = true;
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { PasidBits = 2, Ats = true };
        iommu.First.RegionsOf = device => device.StreamId == 1 ? [new(0x7000, 0x7fff)] : [];
        // The first domain of all does not suit one device.
        IDomain? first = null;
        iommu.First.Refuse = (device, to) => (first ??= to) == to && device.Name == "first-dev1" ? Errno.EINVAL : Errno.None;
        var problems = iommu.CollectProblems();
        var devices = new[] { await iommu.Bind(), await iommu.Bind("one"), await iommu.Bind("other") };
        var ioas = await iommu.Ioas();
        var viommu = await iommu.Viommu(devices[0], await iommu.NestParent(devices[0], ioas));
        await iommu.Nested(devices[0], viommu);

        var finished = new StrongBox<int>();
        for (var client = 0; client < Clients; client++)
        {
            var random = new Random(seed * 31 + client);
            iommu.System.ActorOf(Props.Create(() => new Client(iommu.Context, random, CallsEach, finished)));
        }
        var faults = ReportFaults(iommu, new Random(seed));
        Assert.True(iommu.Replay.RunUntil(() => finished.Value == Clients, TimeSpan.FromMinutes(1)),
            $"seed {seed}: a call was never answered; the last turns: {LastTurns(iommu)}; problems: {string.Join("; ", problems)}");
        iommu.Replay.RunUntilIdle();

        Assert.True(problems.Count == 0, $"seed {seed}: {string.Join("; ", problems)}");
        var state = await iommu.State();
        Assert.Equal((seed, await iommu.ExpectedCounts()), (seed, state.Split("counts ")[1].Split(';')[0]));
        Assert.Equal((seed, 0), (seed, await AutoDomainsWithoutDevice(iommu)));
        Assert.Equal((seed, await ExpectedPlaces(iommu)), (seed, iommu.Places()));
        Assert.Equal((seed, faults), (seed, iommu.First.Responses.Count));
        var closed = await iommu.Context.CloseAsync();
        Assert.Equal((seed, 0UL, 0, 0), (seed, closed.Value, iommu.First.Live + iommu.Second.Live, iommu.Memory.Pins));
    }

    /// <summary>Nobody has a fault queue here, so that each of them is answered INVALID. Returns how many groups were closed.</summary>
    private static int ReportFaults(SimulatorHarness iommu, Random random)
    {
        var closed = 0;
        for (var i = 0; i < 30; i++)
        {
            var flags = (PageFaultFlags)random.Next(4);
            if (flags.HasFlag(PageFaultFlags.LastPage)) closed++;
            var device = iommu.Machine.Devices[random.Next(2) == 0 ? 0 : ^1];
            iommu.Simulator.ReportFault(device, new PageFault(flags, (uint)random.Next(2), (uint)random.Next(3), default, 0x1000));
        }
        return closed;
    }

    /// <summary>What the journal says of where devices are, in the words of <see cref="SimulatorHarness.Places"/>.</summary>
    internal static async Task<string> ExpectedPlaces(SimulatorHarness iommu) => (string)await iommu.Context.Actor.Ask<object>(
        new InspectContext(state =>
        {
            // A group is where any of its devices is.
            var places = state.Graph.Nodes.Where(node => node.Origin is DeviceBound)
                .SelectMany(node => iommu.Machine.Devices
                    .Where(device => device.Group == iommu.Machine.Find(((DeviceBound)node.Origin).Name)!.Group)
                    .SelectMany(device => node.Attachments.Select(attached => (device.Name, Pasid: attached.Key, Hwpt: attached.Value))))
                .Distinct().OrderBy(place => place.Name).ThenBy(place => place.Pasid)
                .Select(place => $"{place.Name}/{place.Pasid}:{place.Hwpt}").ToList();
            return places.Count == 0 ? "" : $"; places {string.Join(' ', places)}";
        }));

    internal static IEnumerable<PhysicalDevice> Group(SimulatorHarness iommu)
    {
        var group = new IommuGroup("group");
        return [new("one", 8, iommu.First) { Group = group }, new("other", 9, iommu.First) { Group = group }];
    }

    private static Task<int> AutoDomainsWithoutDevice(SimulatorHarness iommu) => iommu.Context.Actor.Ask<int>(
        new InspectContext(state => state.Graph.Unreferenced().Count(node => node.Origin is HwptPagingAllocated { Auto: true })));

    private static string LastTurns(SimulatorHarness iommu) =>
        string.Join(Environment.NewLine, iommu.Replay.Trace.TakeLast(60).Select(step => step.ToString()));

    /// <summary>Makes one call after the other, on ids from a small range, so that calls meet.</summary>
    private sealed class Client : ReceiveActor
    {
        private const int Ids = 13;
        private readonly Random _random;

        public Client(IommufdContext context, Random random, int calls, StrongBox<int> finished)
        {
            _random = random;
            context.Send(Next(), Self);
            Receive<Answer>(_ =>
            {
                if (--calls > 0) context.Send(Next(), Self);
                else finished.Value++;
            });
        }

        private Call Next() => _random.Next(13) switch
        {
            0 => new IoasAlloc(),
            1 => new DeviceBind(_random.Next(4) switch { 0 => "one", 1 => "other", var i => $"first-dev{i - 2}" }),
            2 => new DeviceUnbind(Id()),
            3 or 4 => new DeviceAttach(Id(), Id(), Pasid(), (AttachMode)_random.Next(3)),
            5 => new DeviceDetach(Id(), Pasid()),
            6 => new HwptAlloc(Id(), Id(), _random.Next(3) switch
            {
                0 => HwptAllocFlags.NestParent,
                1 => HwptAllocFlags.Pasid,
                _ => HwptAllocFlags.None,
            }),
            7 => SimulatorHarness.NestedCall(Id(), Id()),
            8 => new ViommuAlloc(Id(), Id(), ViommuType.ArmSmmuv3),
            9 => new VdeviceAlloc(Id(), Id(), (ulong)_random.Next(3)),
            10 => new HwptInvalidate(Id(), InvalidateDataType.ArmSmmuv3, 16, 3, new byte[48]),
            11 => _random.Next(2) == 0
                ? SimulatorHarness.Fixed(Id(), (ulong)_random.Next(8) << 12, (ulong)_random.Next(1, 4))
                : new IoasUnmap(Id(), (ulong)_random.Next(8) << 12, (ulong)_random.Next(1, 6) << 12),
            _ => new Destroy(Id()),
        };

        private uint Pasid() => _random.Next(3) == 0 ? (uint)_random.Next(1, 5) : 0;

        private ObjectId Id() => new((uint)_random.Next(1, Ids));
    }
}
