namespace Iommu.Tests.Tidy;

public class DependenciesTests
{
    private static IEnumerable<SourceFile> Projects =>
        Repository.Files.Where(f => f.Path.EndsWith(".csproj", StringComparison.Ordinal) && !f.IsIn("build"));

    [Fact]
    public void Projects_refer_only_to_projects_of_a_lower_rank() => Repository.AssertNone(Projects.SelectMany(Dependencies.Backwards));

    [Fact]
    public void Messages_and_Hardware_refer_to_no_actor_runtime() => Repository.AssertNone(Projects.SelectMany(Dependencies.Runtime));

    [Fact]
    public void Pure_code_does_not_name_Akka() => Repository.AssertNone(Repository.Sources.SelectMany(Dependencies.AkkaInPureCode));

    [Theory]
    [InlineData("Hardware", "../Actors/Actors.csproj", "Hardware/Hardware.csproj:2: Hardware must not refer to Actors")]
    [InlineData("TestKit", "../Bridge/Bridge.csproj", "TestKit/TestKit.csproj:2: TestKit must not refer to Bridge")]
    [InlineData("Actors", "../Replay/Core/Replay.Core.csproj", "Actors/Actors.csproj:2: Actors must not refer to Replay")]
    public void A_reference_upwards_sideways_or_straight_to_Replay_is_found(string folder, string include, string violation)
    {
        var project = new SourceFile($"{folder}/{folder}.csproj", $"<Project>\n<ProjectReference Include=\"{include}\" />\n</Project>");

        Assert.Equal(violation, Assert.Single(Dependencies.Backwards(project)).ToString());
    }

    [Theory]
    [InlineData("Actors", "../Persistence/Persistence.csproj")]
    [InlineData("Replay/Sql", "../Core/Replay.Core.csproj")]
    public void A_reference_downwards_is_allowed(string folder, string include)
    {
        var project = new SourceFile($"{folder}/Any.csproj", $"<Project><ProjectReference Include=\"{include}\" /></Project>");

        Assert.Empty(Dependencies.Backwards(project));
    }

    [Theory]
    [InlineData("Hardware", "ActorRuntimeReference", 1)]
    [InlineData("Messages", "PackageReference", 1)]
    [InlineData("Hardware", "PackageReference", 0)]
    [InlineData("Persistence", "ActorRuntimeReference", 0)]
    public void An_actor_runtime_below_Persistence_is_found(string folder, string item, int violations)
    {
        var project = new SourceFile($"{folder}/{folder}.csproj", $"<Project><{item} Include=\"Akka\" /></Project>");

        Assert.Equal(violations, Dependencies.Runtime(project).Count());
    }

    [Theory]
    [InlineData("Hardware/Tlb.cs", "using Akka.Actor;", 1)]
    [InlineData("Actors/Core/Ioas.cs", "var self = global::Akka.Actor.ActorRefs.Nobody;", 1)]
    [InlineData("Actors/Ioas.cs", "using Akka.Actor;", 0)]
    [InlineData("Hardware/Tlb.cs", "// unlike Akka.Actor, this has no mailbox", 0)]
    public void Akka_in_pure_code_is_found(string path, string text, int violations) =>
        Assert.Equal(violations, Dependencies.AkkaInPureCode(new SourceFile(path, text)).Count());
}
