namespace Iommu.Tests.Tidy;

public class LeftoversTests
{
    [Fact]
    public void No_promise_is_left_behind() => Repository.AssertNone(Repository.Files.SelectMany(Leftovers.Promises));

    [Fact]
    public void No_source_is_compiled_conditionally() => Repository.AssertNone(Repository.Sources.SelectMany(Leftovers.Conditionals));

    [Fact]
    public void No_file_names_a_path_of_one_machine() => Repository.AssertNone(Repository.Files.SelectMany(Leftovers.MachinePaths));

    [Theory]
    [InlineData("// TO" + "DO: later", 1)]
    [InlineData("// FIX" + "ME", 1)]
    [InlineData("var todo = list;", 0)]
    public void A_promise_is_found(string text, int violations) =>
        Assert.Equal(violations, Leftovers.Promises(new SourceFile("Cli/Program.cs", text)).Count());

    [Theory]
    [InlineData("x;\n#if DEBUG\n#endif", 1)]
    [InlineData("  #  if REPLAY", 1)]
    [InlineData("// #if", 0)]
    [InlineData("var s = \"\"\"\n#if\n\"\"\";", 0)]
    public void Conditional_compilation_is_found(string text, int violations) =>
        Assert.Equal(violations, Leftovers.Conditionals(new SourceFile("Cli/Program.cs", text)).Count());

    [Theory]
    [InlineData("cd /ro" + "ot/x", 1)]
    [InlineData("see /wo" + "rk", 1)]
    [InlineData("\"/home/" + "me/iommu.db\"", 1)]
    [InlineData("read/work, ~/work, /worker, /roots", 0)]
    public void A_path_of_one_machine_is_found(string text, int violations) =>
        Assert.Equal(violations, Leftovers.MachinePaths(new SourceFile("README.md", text)).Count());
}
