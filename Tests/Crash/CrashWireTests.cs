using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Crash;

public class CrashWireTests
{
    [Fact]
    public void Every_call_that_is_made_comes_through_a_pipe_as_it_was()
    {
        foreach (var call in CallGenerator.Generate(1, ModelWorld.Describe(), CrashCalls.Weights, 3000))
            Assert.Equal(ModelText.Of(call), ModelText.Of(CrashWire.ReadCall(CrashWire.Write(call))));
    }

    [Fact]
    public void Several_lines_are_one_on_the_way()
    {
        var folded = CrashWire.Fold("one\ntwo");
        Assert.DoesNotContain('\n', folded);
        Assert.Equal("one\ntwo", CrashWire.Unfold(folded));
    }

    [Fact]
    public void Options_come_through_as_they_were()
    {
        var options = new WorkloadOptions("Host=a;Password='b c'", 3, CrashPoint.InUnmap, 4, 5);
        Assert.Equal(options, CrashWire.ReadOptions(CrashWire.Write(options)));
    }
}
