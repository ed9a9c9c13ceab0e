using System.Text.RegularExpressions;

namespace Iommu.Tests.Tidy;

/// <summary>What must not be committed: promises, second versions of the source, and one machine's paths.</summary>
public static partial class Leftovers
{
    public static IEnumerable<Violation> Promises(SourceFile file) =>
        file.Matches(Promise(), file.Text, m => $"{m.Value} left behind: do it, or open an issue");

    public static IEnumerable<Violation> Conditionals(SourceFile file) =>
        file.Matches(Conditional(), file.Code, _ => "conditional compilation: the same source compiles against either runtime");

    public static IEnumerable<Violation> MachinePaths(SourceFile file) =>
        file.Matches(MachinePath(), file.Text, m => $"{m.Value} is a path of one machine");

    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b")]
    private static partial Regex Promise();

    [GeneratedRegex(@"^[ \t]*#[ \t]*if\b", RegexOptions.Multiline)]
    private static partial Regex Conditional();

    [GeneratedRegex(@"(?<![\w.~)}*-])/(ro" + @"ot|wo" + @"rk|home/\w+)(?=/|\b(?![\w.-]))")]
    private static partial Regex MachinePath();
}
