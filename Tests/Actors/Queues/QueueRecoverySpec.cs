using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Queues;

/// <summary>
/// A guest's queue outlives a crash of the core as far as its hardware does: what the guest has written is consumed once, in order, from
/// where the hardware was.
/// </summary>
public abstract class QueueRecoverySpec : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("iommu-").FullName;

    [Fact]
    public async Task What_the_guest_writes_while_nobody_runs_its_queue_is_consumed_from_where_the_hardware_was()
    {
        var rig = CreateRig();
        await using (var first = await Start(rig))
        {
            await rig.SetUp(first.Context);
            rig.Issue(3);
            Until(() => rig.IsEmpty);
        }
        var before = rig.Queue.ConsumedTotal;
        rig.Issue(10);
        for (var i = 0; i < 4; i++) Assert.Equal(QueueStep.Progress, rig.Queue.Step());

        await using var second = await Start(rig);
        Until(() => rig.IsEmpty);
        Assert.Equal(before + 11, rig.Queue.ConsumedTotal);
        rig.Issue(2);
        Until(() => rig.IsEmpty);
        Assert.Equal(before + 14, rig.Queue.ConsumedTotal);
        Assert.Equal(0UL, (await second.Context.CloseAsync()).Value);
        Assert.True(rig.IsReset);
    }

    [Fact]
    public async Task A_context_that_fails_loses_nothing_of_what_its_guest_writes_meanwhile()
    {
        var rig = CreateRig();
        await using var run = await Start(rig);
        await rig.SetUp(run.Context);
        var (before, issued) = (rig.Queue.ConsumedTotal, 0UL);
        for (var crash = 0; crash < 5; crash++)
        {
            Issue();
            await run.Fail(Issue);
            Issue();
            Until(() => rig.IsEmpty);
            Assert.Equal(before + issued, rig.Queue.ConsumedTotal);
        }
        Assert.Equal(0UL, (await run.Context.CloseAsync()).Value);
        Assert.True(rig.IsReset);

        void Issue()
        {
            rig.Issue(7);
            issued += 8;
        }
    }

    [Fact]
    public async Task A_queue_that_has_stopped_is_still_at_its_command_and_goes_on_when_the_guest_mends_it()
    {
        var rig = CreateRig();
        await using (var first = await Start(rig))
        {
            await rig.SetUp(first.Context);
            rig.Issue(1);
            rig.IssueBad();
            Until(() => rig.Queue.Step() == QueueStep.Stopped);
        }
        var before = rig.Queue.ConsumedTotal;
        await using var second = await Start(rig);
        Assert.Equal((QueueStep.Stopped, before), (rig.Queue.Step(), rig.Queue.ConsumedTotal));
        rig.Mend();
        Until(() => rig.IsEmpty);
        Assert.Equal(before + 2, rig.Queue.ConsumedTotal);
    }

    [Fact]
    public async Task On_a_machine_that_has_been_reset_the_ring_is_empty()
    {
        var rig = CreateRig();
        await using (var first = await Start(rig))
        {
            await rig.SetUp(first.Context);
            rig.Issue(3);
            Until(() => rig.IsEmpty);
        }
        var reset = CreateRig();
        await using var second = await Start(reset);
        Assert.Equal((QueueStep.Idle, 0UL), (reset.Queue.Step(), reset.Queue.ConsumedTotal));
        Assert.Equal(0UL, (await second.Context.CloseAsync()).Value);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private protected abstract IQueueRig CreateRig();

    private static void Until(Func<bool> done) => Assert.True(SpinWait.SpinUntil(done, Soon));

    private Task<Run> Start(IQueueRig rig) => Run.Start(rig, Path.Combine(_folder, "journal.db"));

    /// <summary>A simulator on the hardware of a rig.</summary>
    private sealed class Run(IQueueRig rig, ActorSystem system, IommuSimulator simulator) : IAsyncDisposable
    {
        public IommufdContext Context { get; private set; } = null!;

        public static async Task<Run> Start(IQueueRig rig, string journal)
        {
            var system = ActorSystem.Create("queues", SimulatorConfig.Sqlite(journal));
            var run = new Run(rig, system, new IommuSimulator(system, rig.Machine));
            run.Context = await run.Open();
            return run;
        }

        /// <summary>Throws the context down; returns when its supervisor has brought it back.</summary>
        public async Task Fail(Action meanwhile)
        {
            Context.Actor.Tell(Kill.Instance);
            meanwhile();
            // What comes after is lost with the actor, or waits for the next incarnation.
            for (Answer answer; (answer = await Context.CallAsync(new IoasAlloc())).Errno != Errno.EIO;) await Destroy(answer.Id);
            await Destroy((await Context.CallAsync(new IoasAlloc())).Id);
        }

        private async Task Destroy(ObjectId id) => Assert.Equal(Errno.None, (await Context.CallAsync(new Destroy(id))).Errno);

        public async ValueTask DisposeAsync() => await system.Terminate();

        private Task<IommufdContext> Open() => simulator.OpenAsync("guest", rig.Process);
    }
}

public class QueueRecoveryOnTegra241 : QueueRecoverySpec
{
    private protected override IQueueRig CreateRig() => new Tegra241Rig();
}

public class QueueRecoveryOnAmd : QueueRecoverySpec
{
    private protected override IQueueRig CreateRig() => new AmdRig();
}

public class QueueRecoveryOnVtd : QueueRecoverySpec
{
    private protected override IQueueRig CreateRig() => new VtdRig();
}
