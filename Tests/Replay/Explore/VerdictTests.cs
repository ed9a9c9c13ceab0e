using Akka.Actor;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Replay.Explore;

/// <summary>What is known of one schedule, or of the time before a crash, excuses nothing elsewhere.</summary>
public class VerdictTests
{
    [Fact]
    public void Calls_that_fit_one_state_before_them_need_not_fit_another()
    {
        var machine = ModelWorld.Describe();
        var empty = new IommufdModel(machine, ModelState.Empty);
        var (one, left) = (new IommufdModel(machine, ModelState.Empty), new IommufdModel(machine, ModelState.Empty));
        one.Step(new IoasAlloc());
        left.Step(new IoasAlloc());
        var history = new History([new Operation(0, new IoasAlloc(), new ObjectId(1), 1, 2)], ModelText.Of(left));
        var judge = new HistoryJudge();

        Assert.Null(judge.Judge(empty, history, failed: null));
        Assert.NotNull(judge.Judge(one, history, failed: null));
        Assert.Null(judge.Judge(empty, history, failed: null));
    }

    [Fact]
    public void A_step_that_failed_before_a_crash_excuses_no_refusal_after_it()
    {
        var result = new Explorer(new AllocTwice(), new ExploreOptions { Schedules = 10_000, Mutant = () => new RefusesLater() }).Run();

        Assert.Equal(Violations.Order, result.Found?.Violation.Invariant);
    }

    /// <summary>An IOAS is made, of which a step may fail; after a crash another one is.</summary>
    private sealed class AllocTwice : Scenario
    {
        public override string Name => "alloc-twice";

        public override string Summary => "IOAS_ALLOC, which may fail, before and after a crash";

        public override int FailuresMax => 1;

        public override int CrashesMax => 1;

        public override void Start(World world) => world.Caller("first", async caller =>
        {
            if ((await caller.CallAsync(new IoasAlloc())).Errno != Errno.None) await caller.CallAsync(new IoasAlloc());
        });

        public override void Resume(World world) => world.Caller("second", caller => caller.CallAsync(new IoasAlloc()));
    }

    /// <summary>Refuses what is called after the crash, when a step had failed before it.</summary>
    private sealed class RefusesLater : MailMutant
    {
        private World? _first;
        private bool _hasFailed;

        public override string Name => "refuses-later";

        public override string Summary => "a call is refused after a crash, for a step that failed before it";

        public override string Scenario => "alloc-twice";

        protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
        {
            _first ??= World;
            if (message is Answer { Errno: Errno.ENOMEM }) _hasFailed = true;
            if (World == _first || !_hasFailed || message is not IoasAlloc || sender is null) return message;
            Tell(sender, (Answer)Errno.ENOMEM, recipient);
            return null;
        }
    }
}
