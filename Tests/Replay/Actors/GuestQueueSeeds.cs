using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Replay;
using Iommu.Tests.Actors.Queues;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// A guest writes into its ring and its registers, one step of the hardware a turn, in an interleaving that the seed chooses: no doorbell
/// is lost, nothing is consumed twice, and nothing after the answer to the queue's DESTROY (I10).
/// </summary>
public class GuestQueueSeeds
{
    private const int Rounds = 12;

    [Theory]
    [InlineData("tegra241")]
    [InlineData("amd")]
    [InlineData("vtd")]
    public Task Whatever_the_guest_writes_is_consumed_once(string hardware) =>
        Seeds.RunAsync(0, 40, seed => RunOnce(seed, Rig(hardware), destroys: false));

    [Theory]
    [InlineData("tegra241")]
    [InlineData("amd")]
    [InlineData("vtd")]
    public Task I10_nothing_is_consumed_after_the_answer_to_a_destroy(string hardware) =>
        Seeds.RunAsync(100, 40, seed => RunOnce(seed, Rig(hardware), destroys: true));

    private static IQueueRig Rig(string hardware) => hardware switch
    {
        "tegra241" => new Tegra241Rig(),
        "amd" => new AmdRig(),
        _ => new VtdRig(),
    };

    private static async Task RunOnce(int seed, IQueueRig rig, bool destroys)
    {
        var system = ActorSystem.Create("queues", HopTests.Deterministic(seed));
        try
        {
            var context = await new IommuSimulator(system, rig.Machine).OpenAsync("guest", rig.Process);
            await rig.SetUp(context);
            var (hardware, issued, finished) = (rig.Queue, new StrongBox<int>(), new StrongBox<bool>());
            var before = hardware.ConsumedTotal;
            var end = new StrongBox<ulong?>();
            system.ActorOf(Props.Create(() => new Guest(rig, new Random(seed), issued, finished)));
            if (destroys) system.ActorOf(Props.Create(() => new Destroyer(context, hardware, new Random(~seed), end)));
            var replay = ReplaySystem.Of(system);
            Assert.True(replay.RunUntil(() => finished.Value && (!destroys || end.Value is not null), TimeSpan.FromMinutes(1)),
                $"seed {seed}: {replay.WaitReport()}");
            replay.RunUntilIdle();
            if (destroys) Assert.Equal((seed, end.Value), (seed, hardware.ConsumedTotal));
            else Assert.Equal((seed, before + (ulong)issued.Value, true), (seed, hardware.ConsumedTotal, rig.IsEmpty));
        }
        finally
        {
            await system.Terminate();
        }
    }

    /// <summary>Writes a few commands, lets others have their turns, and writes again.</summary>
    private sealed class Guest : ReceiveActor
    {
        public Guest(IQueueRig rig, Random random, StrongBox<int> issued, StrongBox<bool> finished)
        {
            var (left, rest) = (Rounds, 0);
            Self.Tell(Turn.Instance);
            Receive<Turn>(_ =>
            {
                if (rest-- <= 0)
                {
                    var count = random.Next(4);
                    rig.Issue(count);
                    issued.Value += count + 1;
                    rest = random.Next(8);
                    left--;
                }
                if (left > 0) Self.Tell(Turn.Instance);
                else finished.Value = true;
            });
        }
    }

    /// <summary>Destroys the queue after some turns, and notes how far the hardware is when it has its answer.</summary>
    private sealed class Destroyer : ReceiveActor
    {
        public Destroyer(IommufdContext context, IDoorbellQueue hardware, Random random, StrongBox<ulong?> end)
        {
            var rest = random.Next(60);
            Self.Tell(Turn.Instance);
            Receive<Turn>(_ =>
            {
                if (rest-- > 0) Self.Tell(Turn.Instance);
                else context.Send(new Destroy(context.Table.All(ObjectType.HwQueue).Single().Id), Self);
            });
            Receive<Answer>(answer =>
            {
                Assert.Equal(Errno.None, answer.Errno);
                end.Value = hardware.ConsumedTotal;
            });
        }
    }

    private sealed class Turn : INoSerializationVerificationNeeded
    {
        public static readonly Turn Instance = new();
    }
}
