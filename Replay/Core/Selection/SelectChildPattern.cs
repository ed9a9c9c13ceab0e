using System.IO.Enumeration;

namespace Akka.Actor;

/// <summary>To all children whose names match, with * and ? as wild cards.</summary>
public class SelectChildPattern : SelectionPathElement
{
    public SelectChildPattern(string patternStr) => PatternStr = patternStr;

    public string PatternStr { get; }

    internal bool Matches(string name) => FileSystemName.MatchesSimpleExpression(PatternStr, name, ignoreCase: false);

    public override bool Equals(object? obj) => obj is SelectChildPattern other && PatternStr == other.PatternStr;

    public override int GetHashCode() => Util.StableHash.Of(PatternStr);

    public override string ToString() => PatternStr;
}
