using Akka.Configuration;
using Xunit;

namespace Iommu.Tests.Replay.Configuration;

public class ConfigErrors
{
    private static string Refusal(string hocon) =>
        Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString(hocon)).Message;

    [Theory]
    [InlineData("a = 1\nb {\n c = 2\n", "Line 4: found the end of the text, expected '}' for the object that was opened on line 2")]
    [InlineData("a = 1 }", "Line 1: found '}', expected a comma, a new line or the end")]
    [InlineData("a = [1, 2", "expected ']' for the list that was opened on line 1")]
    [InlineData("\n\na 5", "Line 3: found the end of the text, expected '=', ':' or '{' after the key 'a 5'")]
    [InlineData("a =", "expected a value")]
    [InlineData("a = \"open\nb = 1", "Line 1: found the end of the line, expected '\"' to end the string")]
    [InlineData("a = b * c", "found '*'")]
    [InlineData("= 1", "expected a key")]
    [InlineData("a = ${b", "expected '}' to end the substitution")]
    [InlineData("x = 1\na = ${b}", "Line 2: the substitution ${b} finds no value")]
    [InlineData("b = {}, a = ${b} text", "Line 1: values of different kinds")]
    [InlineData("a = \"\\q\"", "after a backslash")]
    public void Malformed_text_is_refused_by_line_with_what_would_be_right(string hocon, string expected) =>
        Assert.Contains(expected, Refusal(hocon));

    [Fact]
    public void A_refusal_shows_the_line() => Assert.EndsWith("ab = b * c", Refusal("x = 1\n  ab = b * c"));

    [Theory]
    [InlineData("a = ten", "The setting a is 'ten', expected a 32-bit integer.")]
    [InlineData("a { b = 1 }", "expected a 32-bit integer.")]
    public void A_value_of_another_type_is_named(string hocon, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString(hocon).GetInt("a")).Message);

    [Fact]
    public void A_duration_without_a_known_unit_is_refused()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString("a = 5 fortnights").GetTimeSpan("a"));
        Assert.Contains("expected a duration such as 500ms", error.Message);
    }
}
