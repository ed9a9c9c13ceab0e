using System.Text.RegularExpressions;
using Iommu.Tests.Tidy;

namespace Iommu.Tests.Samples;

/// <summary>A piece of code in the documentation that names a file is a piece of that file, line by line.</summary>
public partial class SnippetTests
{
    [Fact]
    public void Code_in_the_documentation_is_code_of_the_files_it_names()
    {
        var wrong = Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal)).SelectMany(Wrong).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("docs/writing-a-driver.md", 15)]
    [InlineData("docs/testing-your-driver.md", 10)]
    public void The_pages_about_drivers_show_the_sample_and_no_other_code(string path, int countMin)
    {
        var page = Repository.Files.Single(file => file.Path == path);
        var shown = Snippets(page).Count();
        Assert.True(shown >= countMin, $"{shown} pieces");
        Assert.Equal(shown, page.Text.Split("```csharp\n").Length - 1);
    }

    [Theory]
    [InlineData("  int a;\n  int b;", true)]
    [InlineData("int a;\nint c;", false)]
    [InlineData("nt a;", false)]
    public void A_piece_is_whole_lines_one_after_the_other(string code, bool isPiece) =>
        Assert.Equal(isPiece, IsPieceOf(code, "{\n    int a;\n    int b;\n\n    int c;\n}"));

    private static IEnumerable<string> Wrong(SourceFile page) =>
        from snippet in Snippets(page)
        let file = Repository.Files.SingleOrDefault(file => file.Path == snippet.Path)
        where file is null || !IsPieceOf(snippet.Code, file.Text)
        select $"{page.Path}: {snippet.Path} has no such lines:\n{snippet.Code}";

    private static IEnumerable<(string Path, string Code)> Snippets(SourceFile page) =>
        from match in Snippet().Matches(page.Text) select (match.Groups["path"].Value, match.Groups["code"].Value);

    private static bool IsPieceOf(string code, string text) => Lines(text).Contains(Lines(code));

    private static string Lines(string text) => "\n" + string.Join('\n', text.Trim('\n').Split('\n').Select(line => line.Trim())) + "\n";

    [GeneratedRegex(@"^`(?<path>[\w./-]+)`\n```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
