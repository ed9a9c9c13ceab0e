namespace Iommu.Tests.Tidy;

public class FunctionsTests
{
    [Theory]
    [InlineData("class C { void F() { } int G(int x) { return x; } }", "F", "G")]
    [InlineData("class C { C(int x) : this(() => x) { } ~C() { } }", "C", "C")]
    [InlineData("class C { public static bool operator ==(C a, C b) { return true; } }", "operator ==")]
    [InlineData("class C { int F(int x = 5) => x; int G => 5; }", "F", "G")]
    [InlineData("class C { int P { get; set; } int Q { get { return 1; } set => F(); } }", "get", "set")]
    [InlineData("class C { [Fact] [InlineData(1)] public void F() { } [Key(1)] int P { get; } }", "F")]
    [InlineData("class C { int[] a = { 1, 2 }; Func<int> b = () => { return 1; }; void F() { } }", "F")]
    [InlineData("class C { T F<T>() where T : class where U : struct { return x switch { _ => 1 }; } }", "F")]
    [InlineData("class C { int F(int x) => x switch { 1 => 2, _ => G(() => { }) }; void G() { } }", "F", "G")]
    [InlineData("class C { (int A, int B) P { get; } public (int A, int B) Q { get; } }")]
    [InlineData("namespace N { class C(int x) : B(x) { void F() { if (x) { } void Local() { } } } }", "F")]
    [InlineData("var a = new X { B = 1 }; if (a) { b(); } static int F(int x) { return 1; } int G() => 2;", "F", "G")]
    public void Every_function_is_found_once(string code, params string[] names) =>
        Assert.Equal(names, Functions.In(code).Select(f => f.Name));

    [Fact]
    public void An_expression_body_reaches_to_its_semicolon()
    {
        const string Code = "class C\n{\n    int F(int x) => x switch\n    {\n        _ => new X { Y = 1 }.Z,\n    };\n}\n";

        var (_, start, end) = Assert.Single(Functions.In(Code));

        Assert.Equal("int F(int x) => x switch\n    {\n        _ => new X { Y = 1 }.Z,\n    };", Code[start..(end + 1)]);
    }
}
