using Akka.Configuration;
using Xunit;

namespace Iommu.Tests.Replay.Configuration;

public class ConfigReading
{
    private static Config Parse(string hocon) => ConfigurationFactory.ParseString(hocon);

    [Theory]
    [InlineData("a = b")]
    [InlineData("a : b")]
    [InlineData("a = \"b\"")]
    [InlineData("a = \"\"\"b\"\"\"")]
    [InlineData("# c\n a = b // c")]
    [InlineData("{ a = b }")]
    [InlineData("x = 1, a = b, y = 2")]
    [InlineData("\"a\" = b")]
    [InlineData("a = c\na = b")]
    public void A_value_is_read_however_it_is_written(string hocon) => Assert.Equal("b", Parse(hocon).GetString("a"));

    [Theory]
    [InlineData("a { b { c = 1 } }")]
    [InlineData("a.b.c = 1")]
    [InlineData("a.b { c = 1 }")]
    [InlineData("a = { b : { c = 1 } }")]
    [InlineData("a { b.x = 2 }\na.b.c = 1")]
    [InlineData("a { b { c = 1 } }\na { b { x = 2 } }")]
    public void Nested_objects_and_dotted_keys_are_the_same(string hocon) => Assert.Equal(1, Parse(hocon).GetInt("a.b.c"));

    [Fact]
    public void A_quoted_key_keeps_its_dots() =>
        Assert.Equal("json", Parse("bindings { \"System.Object, mscorlib\" = json }").GetString("bindings.\"System.Object, mscorlib\""));

    [Fact]
    public void Unquoted_values_keep_their_inner_blanks_and_lose_the_outer_ones() =>
        Assert.Equal("Data Source", Parse("a =   Data Source   # comment").GetString("a"));

    [Fact]
    public void Escapes_are_those_of_json() => Assert.Equal("\"\\\n\tA", Parse("""a = "\"\\\n\tA" """).GetString("a"));

    [Fact]
    public void Lists_may_span_lines_with_or_without_commas() =>
        Assert.Equal(["a", "b c", "d"], Parse("l = [ a, \"b c\"\n d\n ]").GetStringList("l"));

    [Fact]
    public void Missing_paths_give_their_defaults()
    {
        var config = Parse("a = 1");
        Assert.Equal(7, config.GetInt("a.b", 7));
        Assert.Equal(8, config.GetLong("x", 8));
        Assert.True(config.GetBoolean("x", true));
        Assert.Equal("d", config.GetString("x", "d"));
        Assert.Equal(TimeSpan.FromSeconds(3), config.GetTimeSpan("x", TimeSpan.FromSeconds(3)));
        Assert.Equal(9, config.GetByteSize("x", 9));
        Assert.Empty(config.GetStringList("x"));
        Assert.Null(config.GetConfig("x"));
        Assert.False(config.HasPath("x"));
        Assert.True(config.HasPath("a"));
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("off", false)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    public void Booleans_have_three_spellings(string text, bool expected) =>
        Assert.Equal(expected, Parse($"a = {text}").GetBoolean("a", !expected));

    [Theory]
    [InlineData("250", 250)]
    [InlineData("10ms", 10)]
    [InlineData("1.5 s", 1500)]
    [InlineData("2 minutes", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("infinite", -1)]
    public void Durations_have_units_and_default_to_milliseconds(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Parse($"a = {text}").GetTimeSpan("a"));

    [Theory]
    [InlineData("12", 12)]
    [InlineData("4k", 4096)]
    [InlineData("4 KiB", 4096)]
    [InlineData("4kB", 4000)]
    [InlineData("2MiB", 2 << 20)]
    [InlineData("1G", 1 << 30)]
    public void Sizes_have_binary_and_decimal_units(string text, long bytes) => Assert.Equal(bytes, Parse($"a = {text}").GetByteSize("a"));

    [Fact]
    public void A_fallback_answers_what_the_config_leaves_open()
    {
        var config = Parse("a { x = 1 }, s = [1]").WithFallback(Parse("a { x = 2, y = 3 }, b = 4, s = [2]"));
        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(3, config.GetInt("a.y"));
        Assert.Equal(4, config.GetInt("b"));
        Assert.Equal(["1"], config.GetStringList("s"));
        Assert.Equal(3, config.GetConfig("a").GetInt("y"));
    }

    [Fact]
    public void An_empty_config_says_so()
    {
        Assert.True(ConfigurationFactory.Empty.IsEmpty);
        Assert.True(Parse("# nothing").IsEmpty);
        Assert.False(Parse("a = 1").IsEmpty);
        Assert.Equal(1, Config.Empty.WithFallback(Parse("a = 1")).GetInt("a"));
    }

    [Fact]
    public void What_is_printed_reads_back()
    {
        var config = Parse("a { b = \"x y\", l = [1, 2] }, \"k.k\" = on, e = \"\"");
        var again = Parse(config.ToString());
        Assert.Equal("x y", again.GetString("a.b"));
        Assert.Equal([1, 2], again.GetIntList("a.l"));
        Assert.True(again.GetBoolean("\"k.k\""));
        Assert.Equal("", again.GetString("e"));
    }

    [Fact]
    public void An_object_turns_into_its_properties() =>
        Assert.Equal(5, ConfigurationFactory.FromObject(new { a = new { b = 5 } }).GetInt("a.b"));
}
