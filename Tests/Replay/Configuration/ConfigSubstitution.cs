using Akka.Configuration;
using Xunit;

namespace Iommu.Tests.Replay.Configuration;

public class ConfigSubstitution
{
    private static Config Parse(string hocon) => ConfigurationFactory.ParseString(hocon);

    [Theory]
    [InlineData("b = 5, a = ${b}", "5")]
    [InlineData("a = ${b}, b = 5", "5")]
    [InlineData("x { y = q }, a = \"p-\"${x.y}-r", "p-q-r")]
    [InlineData("a = ${b}, b = ${c}, c = deep", "deep")]
    public void A_substitution_stands_for_a_value_of_the_same_text(string hocon, string expected) =>
        Assert.Equal(expected, Parse(hocon).GetString("a"));

    [Fact]
    public void An_object_can_be_taken_over_and_overridden()
    {
        var config = Parse("base { x = 1, y = 2 }, a = ${base} { y = 3 }");
        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(3, config.GetInt("a.y"));
        Assert.Equal(2, config.GetInt("base.y"));
    }

    [Fact]
    public void Lists_are_joined_and_appended()
    {
        var config = Parse("b = [1], a = ${b} [2], c = [x]\nc += y\nd += z");
        Assert.Equal(["1", "2"], config.GetStringList("a"));
        Assert.Equal(["x", "y"], config.GetStringList("c"));
        Assert.Equal(["z"], config.GetStringList("d"));
    }

    [Fact]
    public void An_optional_substitution_may_find_nothing() => Assert.False(Parse("a = ${?nowhere}").HasPath("a"));

    [Fact]
    public void The_environment_answers_what_the_text_does_not()
    {
        Environment.SetEnvironmentVariable("IOMMU_TEST_SUBSTITUTION", "here");
        Assert.Equal("here", Parse("a = ${?IOMMU_TEST_SUBSTITUTION}").GetString("a"));
    }

    [Fact]
    public void A_circle_of_substitutions_is_refused() =>
        Assert.Contains("leads back to itself", Assert.Throws<ConfigurationException>(() => Parse("a = ${b}\nb = ${a}")).Message);
}
