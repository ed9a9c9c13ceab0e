using System.Text.RegularExpressions;

namespace Iommu.Tests.Tidy;

/// <summary>Every public type of Messages and Hardware says what it is; of a partial type one part does.</summary>
public static partial class Docstrings
{
    public static IEnumerable<Violation> Missing(IEnumerable<SourceFile> files) =>
        from declared in files.Where(f => f.IsIn("Messages") || f.IsIn("Hardware")).SelectMany(Declarations)
        group declared by declared.Key into type
        where !type.Any(d => d.Documented)
        select new Violation(type.First().File, type.First().Line, $"public type {type.First().Name} has no docstring");

    private static IEnumerable<Declaration> Declarations(SourceFile file) =>
        from m in PublicType().Matches(file.Code)
        let line = file.LineAt(m.Groups["public"].Index)
        let name = m.Groups["name"].Value
        let key = m.Value.Contains(" partial ") ? $"{Path.GetDirectoryName(file.Path)}/{name}" : $"{file.Path}:{line}"
        select new Declaration(key, name, file.Path, line, HasDocstring(file, line));

    private static bool HasDocstring(SourceFile file, int line)
    {
        var code = file.Code.Split('\n');
        for (var at = line - 2; at >= 0; at--)
        {
            if (file.Lines[at].TrimStart().StartsWith("///", StringComparison.Ordinal)) return true;
            var attribute = code[at].Trim() is ['[', .., ']'];
            if (!attribute) return false;
        }

        return false;
    }

    [GeneratedRegex(@"^[ \t]*(?:\[[^\n]*\]\s*)?(?<public>public)(?: \w+)*? "
        + @"(?:class|struct|interface|enum|record(?: struct| class)?|delegate [\w<>\[\]?.]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    private sealed record Declaration(string Key, string Name, string File, int Line, bool Documented);
}
