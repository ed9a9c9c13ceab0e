using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Explore;

namespace Iommu.Tests.Replay.Explore;

/// <summary>Searching a test body of one's own.</summary>
public class InterleavingsTests
{
    [Theory]
    [InlineData("random")]
    [InlineData("pct")]
    [InlineData("delay")]
    [InlineData("exhaustive")]
    public void A_body_that_holds_says_how_many_orders_it_was_run_in(string strategy)
    {
        var distinct = Interleavings.Hold(async world =>
        {
            var ioas = await world.CallAsync(new IoasAlloc());
            world.Caller("one", caller => caller.CallAsync(new Destroy(ioas)));
            world.Caller("other", caller => caller.CallAsync(new Destroy(ioas)));
        }, schedules: 40, strategy: strategy);
        Assert.InRange(distinct, 2, 40);
    }

    [Fact]
    public void A_body_that_breaks_something_is_shown_turn_for_turn()
    {
        var broken = Assert.Throws<BrokenScheduleException>(() => Interleavings.Hold(async world =>
        {
            var (first, second) = (await world.CallAsync(new IoasAlloc()), await world.CallAsync(new IoasAlloc()));
            var last = default(ObjectId);
            world.Caller("one", async caller =>
            {
                await caller.CallAsync(new Destroy(first));
                last = first;
            });
            world.Caller("other", async caller =>
            {
                await caller.CallAsync(new Destroy(second));
                if (last == first) world.Findings.Report("order", "one was first");
            });
        }, strategy: "pct"));
        Assert.Equal("order", broken.Violation.Invariant);
        Assert.Contains("Destroy(Id = 1)", broken.Message);
    }

    [Fact]
    public void A_caller_that_waits_for_ever_is_named_with_what_it_waits_for()
    {
        var broken = Assert.Throws<BrokenScheduleException>(() => Interleavings.Hold(async world =>
        {
            var device = await world.CallAsync(new DeviceBind("iommufd_mock0"));
            var never = new TaskCompletionSource();
            world.Caller("patient", async caller =>
            {
                await caller.CallAsync(new GetHwInfo(device, HwInfoFlags.None));
                await never.Task;
            });
        }, schedules: 1));
        Assert.Equal(Violations.Deadlock, broken.Violation.Invariant);
        Assert.Contains("patient waits", broken.Violation.What);
    }
}
