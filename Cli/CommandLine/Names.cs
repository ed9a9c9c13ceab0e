using System.CommandLine.Parsing;

namespace Iommu.Cli.CommandLine;

/// <summary>Options that take one of several names, and say which when they are given another.</summary>
internal static class Names
{
    /// <summary>What stands for every name.</summary>
    public const string All = "all";

    public static string Parse(ArgumentResult result, string option, Func<string, bool> isKnown, string all)
    {
        var text = result.Tokens[0].Value;
        if (!isKnown(text)) result.AddError($"{option} is '{text}'; it takes {all}.");
        return text;
    }
}
