namespace Iommu.Tests.Tidy;

public class DocstringsTests
{
    [Fact]
    public void Every_public_type_of_Messages_and_Hardware_says_what_it_is() =>
        Repository.AssertNone(Docstrings.Missing(Repository.Sources));

    [Theory]
    [InlineData("public class Tlb;", 1)]
    [InlineData("public sealed record Map(ulong Iova);", 1)]
    [InlineData("public readonly record struct Iova(ulong Value);", 1)]
    [InlineData("public delegate void Hit(int way);", 1)]
    [InlineData("// not a docstring\npublic enum Errno { Ok }", 1)]
    [InlineData("/// <summary>A cache.</summary>\npublic class Tlb;", 0)]
    [InlineData("/// <summary>A cache.</summary>\n[Serializable]\npublic class Tlb;", 0)]
    [InlineData("internal class Tlb;", 0)]
    [InlineData("/// <summary>A cache.</summary>\npublic partial class Tlb;\n\npublic partial class Tlb;", 0)]
    [InlineData("public partial class Tlb;\n\npublic partial class Tlb;", 1)]
    public void A_type_without_docstring_is_found(string text, int violations) =>
        Assert.Equal(violations, Docstrings.Missing([new SourceFile("Hardware/Tlb.cs", text)]).Count());

    [Fact]
    public void Other_folders_are_free() => Assert.Empty(Docstrings.Missing([new SourceFile("Cli/Program.cs", "public class P;")]));
}
