using System.Text.RegularExpressions;
using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>A condition on a message's or a source's text.</summary>
internal sealed record TextMatcher(string Description, Func<string, bool> Matches)
{
    public static readonly TextMatcher Anything = new("", _ => true);

    public static TextMatcher Message(string? equal, string? start, string? contains) =>
        equal is not null ? new($" when Message == \"{equal}\"", text => text == equal)
        : start is not null ? new($" when Message starts with \"{start}\"", text => text.StartsWith(start, StringComparison.Ordinal))
        : contains is not null ? new($" when Message contains \"{contains}\"", text => text.Contains(contains, StringComparison.Ordinal))
        : Anything;

    public static TextMatcher Message(Regex pattern) => new($" when Message matches regex \"{pattern}\"", pattern.IsMatch);

    /// <summary>The source is named in full, or is an actor whose path is named without its address.</summary>
    public static TextMatcher Source(string? source) => source is null
        ? Anything
        : new($" and Source == \"{source}\"", text => Same(source, text)
            || (ActorPath.TryParse(text, out var path) && Same(source, path.ToStringWithoutAddress())));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
