namespace Iommu.Tests.Tidy;

public class SizesTests
{
    [Fact]
    public void Files_are_short() => Repository.AssertNone(Repository.Sources.SelectMany(Sizes.LongFiles));

    [Fact]
    public void Functions_are_short() => Repository.AssertNone(Repository.Sources.SelectMany(Sizes.LongFunctions));

    [Fact]
    public void Lines_are_short() => Repository.AssertNone(Repository.Sources.SelectMany(Sizes.LongLines));

    [Theory]
    [InlineData("Hardware/Tlb.cs", 300, 0)]
    [InlineData("Hardware/Tlb.cs", 301, 1)]
    [InlineData("Actors/Ioas.cs", 200, 0)]
    [InlineData("Actors/Ioas.cs", 201, 1)]
    [InlineData("Actors/Core/Ioas.cs", 201, 0)]
    public void A_long_file_is_found(string path, int lines, int violations) =>
        Assert.Equal(violations, Sizes.LongFiles(new SourceFile(path, string.Concat(Enumerable.Repeat("//\n", lines)))).Count());

    [Fact]
    public void A_long_line_is_found()
    {
        var file = new SourceFile("Cli/Program.cs", "//\n" + new string('/', 140) + "\n" + new string('/', 141) + "\n");

        Assert.Equal("Cli/Program.cs:3: 141 columns; a line has at most 140", Assert.Single(Sizes.LongLines(file)).ToString());
    }

    [Theory]
    [InlineData(67, 0)]
    [InlineData(68, 1)]
    public void A_long_function_is_found_from_its_signature_to_its_brace(int statements, int violations)
    {
        var body = string.Concat(Enumerable.Repeat("        F();\n", statements));
        var file = new SourceFile("Cli/Program.cs", $"class C\n{{\n    void Long()\n    {{\n{body}    }}\n}}\n");

        Assert.Equal(Enumerable.Repeat("Cli/Program.cs:3: Long has 71 lines; a function has at most 70", violations),
            Sizes.LongFunctions(file).Select(v => v.ToString()));
    }
}
