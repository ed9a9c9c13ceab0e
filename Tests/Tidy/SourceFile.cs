using System.Text.RegularExpressions;

namespace Iommu.Tests.Tidy;

/// <summary>A text file of the repository; <see cref="Path"/> is relative to its root, with forward slashes.</summary>
public sealed class SourceFile(string path, string text)
{
    private readonly Lazy<string> _code = new(() => CSharpText.Blank(text));

    public string Path { get; } = path;

    public string Text { get; } = text;

    public string[] Lines { get; } = text.Split('\n');

    /// <summary>The text with comments and literals blanked, at the same offsets; the code in an interpolation's holes stays.</summary>
    public string Code => _code.Value;

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public int LineAt(int offset) => Text.AsSpan(0, offset).Count('\n') + 1;

    /// <summary>A violation for each match in <paramref name="subject"/>, which is the text or the code.</summary>
    public IEnumerable<Violation> Matches(Regex pattern, string subject, Func<Match, string> message) =>
        pattern.Matches(subject).Select(m => new Violation(Path, LineAt(m.Index), message(m)));
}
