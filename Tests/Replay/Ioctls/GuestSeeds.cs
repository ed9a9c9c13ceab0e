using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Replay;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;
using Iommu.Tests.Replay.Actors;

namespace Iommu.Tests.Replay.Ioctls;

/// <summary>
/// Several clients make random calls on what a guest is given, in an interleaving that the seed chooses. Whatever happens, every call
/// is answered, every reference is accounted for, and a close leaves nothing.
/// </summary>
public class GuestSeeds
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
        await using var iommu = await new GuestHarness(HopTests.Deterministic(seed)).OpenAsync();
        var problems = iommu.CollectProblems();
        var replay = ReplaySystem.Of(iommu.System);
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Bind("first-dev1");
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0, pages: 4));

        var finished = new StrongBox<int>();
        for (var client = 0; client < Clients; client++)
        {
            var random = new Random(seed * 31 + client);
            iommu.System.ActorOf(Props.Create(() => new Client(iommu.Context, ioas, viommu, random, CallsEach, finished)));
        }
        Assert.True(replay.RunUntil(() => finished.Value == Clients, TimeSpan.FromMinutes(1)),
            $"seed {seed}: a call was never answered; the last turns: "
            + $"{string.Join(Environment.NewLine, replay.Trace.TakeLast(60).Select(step => step.ToString()))}");
        replay.RunUntilIdle();

        Assert.Equal((seed, ""), (seed, string.Join("; ", await problems())));
        await iommu.BooksBalance();
        var closed = await iommu.Context.CloseAsync();
        Assert.Equal((seed, 0UL, 0, 0), (seed, closed.Value, iommu.First.Live, iommu.Memory.Pins));
    }

    /// <summary>Makes one call after the other, mostly on what is there from the start, so that calls meet.</summary>
    private sealed class Client : ReceiveActor
    {
        private const int Ids = 14;
        private readonly ObjectId _ioas;
        private readonly ObjectId _viommu;
        private readonly Random _random;

        public Client(IommufdContext context, ObjectId ioas, ObjectId viommu, Random random, int calls, StrongBox<int> finished)
        {
            (_ioas, _viommu, _random) = (ioas, viommu, random);
            context.Send(Next(), Self);
            Receive<Answer>(_ =>
            {
                if (--calls > 0) context.Send(Next(), Self);
                else finished.Value++;
            });
        }

        private Call Next() => _random.Next(16) switch
        {
            0 or 1 => GuestHarness.QueueCall(Viommu(), (uint)_random.Next(2), (ulong)_random.Next(6) << 12, (ulong)_random.Next(1, 0x2000)),
            2 => SimulatorHarness.Fixed(_ioas, (ulong)_random.Next(6) << 12, (ulong)_random.Next(1, 3)),
            3 => new IoasUnmap(_ioas, (ulong)_random.Next(6) << 12, (ulong)_random.Next(1, 6) << 12),
            4 => new Mmap((ulong)_random.Next(1, 4) << 12, FakeViommu.RegionBytes),
            5 => new MmapDuplicate((ulong)_random.Next(1, 4) << 12),
            6 or 7 => new Munmap((ulong)_random.Next(1, 4) << 12),
            8 => GuestHarness.NestedCall(Id(), Id()),
            9 => GuestHarness.ViommuCall(Id(), Id()),
            10 => new VdeviceAlloc(Viommu(), Id(), (ulong)_random.Next(3)),
            11 => new HwptInvalidate(Id(), FakeIommu.InvalidateData, 16, 3, new byte[48]),
            12 => new HwptAlloc(Id(), _ioas, HwptAllocFlags.DirtyTracking),
            13 => _random.Next(2) == 0
                ? new HwptSetDirtyTracking(Id(), (DirtyTrackingFlags)_random.Next(2))
                : new HwptGetDirtyBitmap(Id(), DirtyBitmapFlags.None, 0, 0x4000, 0x1000),
            _ => new Destroy(Id()),
        };

        private ObjectId Viommu() => _random.Next(3) > 0 ? _viommu : Id();

        private ObjectId Id() => new((uint)_random.Next(1, Ids));
    }
}
