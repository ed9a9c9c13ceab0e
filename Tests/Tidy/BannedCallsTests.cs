namespace Iommu.Tests.Tidy;

public class BannedCallsTests
{
    [Fact]
    public void Nothing_depends_on_more_than_its_seed() => Repository.AssertNone(Repository.Sources.SelectMany(BannedCalls.In));

    [Theory]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow")]
    [InlineData("DateTimeOffset.UtcNow")]
    [InlineData("Stopwatch.GetTimestamp()")]
    [InlineData("Environment.TickCount64")]
    [InlineData("new Random()")]
    [InlineData("Random.Shared.Next()")]
    [InlineData("Guid.NewGuid()")]
    [InlineData("Thread.Sleep(1)")]
    [InlineData("Task.Delay(1)")]
    [InlineData("Task.Run(F)")]
    [InlineData("new Thread(F)")]
    [InlineData("new System.Threading.Timer(F)")]
    [InlineData("$\"{DateTime.Now:O}\"")]
    public void A_planted_call_is_found(string call)
    {
        var file = new SourceFile("Hardware/Clock.cs", $"class C\n{{\n    object F() => {call};\n}}\n");

        var violation = Assert.Single(BannedCalls.In(file));
        Assert.Equal(3, violation.Line);
    }

    [Theory]
    [InlineData("new Random(seed)")]
    [InlineData("\"DateTime.Now\"")]
    [InlineData("Task.CompletedTask")]
    public void A_harmless_look_alike_is_not(string expression) =>
        Assert.Empty(BannedCalls.In(new SourceFile("Actors/Ioas.cs", $"class C {{ object F() => {expression}; }}")));

    [Theory]
    [InlineData("Tests/Actors/IoasTests.cs", "Thread.Sleep(10);", 1)]
    [InlineData("Tests/Actors/IoasTests.cs", "await Task.Delay(10);", 1)]
    [InlineData("Tests/Actors/IoasTests.cs", "Task.Run(F);", 0)]
    [InlineData("Cli/Program.cs", "await Task.Delay(10);", 0)]
    public void A_test_that_sleeps_is_found(string path, string statement, int violations) =>
        Assert.Equal(violations, BannedCalls.In(new SourceFile(path, statement)).Count());
}
