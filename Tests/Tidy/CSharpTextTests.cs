namespace Iommu.Tests.Tidy;

public class CSharpTextTests
{
    [Theory]
    [InlineData("a // X\nb", "a     \nb")]
    [InlineData("a /* X\nX */ b", "a     \n     b")]
    [InlineData("f(\"X\\\"X\") + 1", "f(      ) + 1")]
    [InlineData("f(@\"X\\\") + 1", "f(     ) + 1")]
    [InlineData("f(@\"X\"\"X\") + 1", "f(       ) + 1")]
    [InlineData("f('\"', '\\'') + 1", "f(   ,     ) + 1")]
    [InlineData("f(\"\") + 1", "f(  ) + 1")]
    [InlineData("f($\"X{a + 1}X\") + 1", "f(    a + 1   ) + 1")]
    [InlineData("f($\"X{{X}}\") + 1", "f(         ) + 1")]
    [InlineData("f($\"{a:X4}\") + 1", "f(   a     ) + 1")]
    [InlineData("f($\"{g(\"X\")}X\") + 1", "f(   g(   )   ) + 1")]
    [InlineData("f(\"\"\"X \"X\" {X}\"\"\") + 1", "f(               ) + 1")]
    [InlineData("f($$\"\"\"X{X}{{a}}\"\"\") + 1", "f(           a     ) + 1")]
    [InlineData("@class.F()", "@class.F()")]
    public void Only_code_is_left_at_its_place(string text, string code) => Assert.Equal(code, CSharpText.Blank(text));
}
