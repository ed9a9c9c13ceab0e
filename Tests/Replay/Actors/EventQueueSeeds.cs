using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// Several clients make and destroy fault queues, event queues and HWPTs that name them, and close files, in an interleaving that the seed
/// chooses and with steps that fail. Every call is answered, references are what the graph and the open files say, a close leaves nothing.
/// </summary>
public class EventQueueSeeds
{
    private const int Clients = 4;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    public async Task Any_interleaving_of_calls_keeps_the_books(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 20; seed++) await RunOnce(seed);
    }

    private static async Task RunOnce(int seed)
    {
        var failures = new RandomFailures(new Random(~seed));
        await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed)).OpenAsync(failures: failures);
        var (problems, findings) = (iommu.CollectProblems(), new Findings());
        await iommu.Guest();
        failures.On = true;

        var finished = new int[Clients];
        for (var client = 0; client < Clients; client++)
        {
            var (random, done) = (new Random(seed * 31 + client), finished.AsMemory(client, 1));
            iommu.System.ActorOf(Props.Create(() => new Client(iommu.Context, random, done)));
        }
        Assert.True(iommu.Replay.RunUntil(() => finished.All(done => done == 1), TimeSpan.FromMinutes(1)), $"seed {seed}: no end");
        iommu.Replay.RunUntilIdle();
        await ReferenceCountChecker.CheckAsync(iommu.Context, findings);
        Assert.Equal((seed, await iommu.ExpectedCounts()), (seed, (await iommu.State()).Split("counts ")[1].Split(';')[0]));
        failures.On = false;
        Assert.Equal((seed, 0UL), (seed, (await iommu.Context.CloseAsync()).Value));
        iommu.Replay.RunUntilIdle();
        Assert.Equal((seed, 0, 0), (seed, iommu.First.Live, iommu.Memory.Pins));
        Assert.True(findings.All.Count == 0 && problems.Count == 0, $"seed {seed}: {string.Join("; ", [.. findings.All, .. problems])}");
    }

    /// <summary>Makes one call after the other, on ids from a small range, so that calls meet.</summary>
    private sealed class Client : ReceiveActor
    {
        private readonly Random _random;
        private readonly List<EventFile> _open = [];
        private int _left = 60;

        public Client(IommufdContext context, Random random, Memory<int> done)
        {
            _random = random;
            context.Send(Next(), Self);
            Receive<Answer>(answer =>
            {
                if (answer is EventQueueAnswer queue) _open.Add(queue.File);
                while (_open.Count > _random.Next(4))
                {
                    _open[0].Closed();
                    _open.RemoveAt(0);
                }
                if (--_left > 0) context.Send(Next(), Self);
                else done.Span[0] = 1;
            });
        }

        private Call Next() => _random.Next(8) switch
        {
            0 or 1 => new FaultQueueAlloc(),
            2 => new VeventqAlloc(new ObjectId(4), (VeventqType)_random.Next(1, 3), 2),
            3 => EventCalls.WithFaults(new ObjectId(1), new ObjectId(2), Id()),
            4 => SimulatorHarness.NestedCall(new ObjectId(1), new ObjectId(4)) with
            {
                Flags = HwptAllocFlags.FaultIdValid, FaultQueue = Id(),
            },
            _ => new Destroy(Id()),
        };

        private ObjectId Id() => new((uint)_random.Next(5, 12));
    }
}
