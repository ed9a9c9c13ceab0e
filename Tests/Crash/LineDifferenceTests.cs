using Iommu.TestKit.Crash;

namespace Iommu.Tests.Crash;

public class LineDifferenceTests
{
    [Fact]
    public void What_is_in_both_is_shown_once() => Assert.Equal(
        [(' ', "a"), ('-', "b"), (' ', "c"), ('+', "d")], LineDifference.Of("a\nb\nc", "a\nc\nd"));

    [Fact]
    public void Equal_states_do_not_differ() => Assert.All(LineDifference.Of("a\nb", "a\nb"), line => Assert.Equal(' ', line.Mark));
}
