using Iommu.Actors.Core;

namespace Iommu.Tests.Actors.Core;

public class FailNthTests
{
    [Fact]
    public void The_nth_step_from_the_arming_fails_and_no_other()
    {
        var failures = new FailNth();
        Assert.False(failures.ShouldFail("before"));
        failures.Arm(2);
        Assert.False(failures.ShouldFail("first"));
        Assert.Equal((1, null), (failures.Left, failures.Failed));
        Assert.True(failures.ShouldFail("second"));
        Assert.Equal((0, "second"), (failures.Left, failures.Failed));
        Assert.False(failures.ShouldFail("third"));
        failures.Arm(5);
        Assert.Equal((5, null), (failures.Left, failures.Failed));
        failures.Arm(0);
        Assert.False(failures.ShouldFail("disarmed"));
    }

    [Fact]
    public void Exactly_one_of_many_concurrent_steps_fails()
    {
        var failures = new FailNth(500);
        var failed = 0;
        Parallel.For(0, 10_000, _ =>
        {
            if (failures.ShouldFail("step")) Interlocked.Increment(ref failed);
        });
        Assert.Equal((1, 0), (failed, failures.Left));
    }
}
