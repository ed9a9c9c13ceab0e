using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Iommu.TestKit.Stress;
using Iommu.Tests.Cli;
using Iommu.Tests.Tidy;

namespace Iommu.Tests.TestKit.Packages;

/// <summary>
/// The packages as a user has them: of a project that refers to the kit's and nothing else of this repository, in a folder outside of it.
/// They are packed of what was built for this run, and restored without a feed. It builds and runs a suite of its own.
/// </summary>
[Collection(nameof(Alone))]
public sealed partial class PackageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string Runtime = StressRun.RuntimeName;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_sample_s_tests_pass_on_the_packages_alone()
    {
        var packages = Directory.CreateDirectory(_folder["packages"]).FullName;
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        await RunAsync(Repository.Root, "pack", "TestKit", "--no-build", "-c", configuration, "-o", packages, $"-p:ActorRuntime={Runtime}");
        Assert.Equal(Expected.Order(), Directory.GetFiles(packages).Select(path => Path.GetFileName(path)).Order());
        foreach (var package in Directory.GetFiles(packages)) CheckContents(package);

        var project = CreateProject(packages);
        var said = await RunAsync(project, "test", "--nologo");
        Assert.Matches(@"Failed: +0, Passed: +1\d,", said);
    }

    private static IEnumerable<string> Expected => new[] { "Messages", "Hardware" }
        .Concat(new[] { "Persistence", "Actors", "TestKit" }.Select(name => $"{name}.{Runtime}"))
        .Concat(Runtime == "Replay" ? ["Replay.Core", "Replay.Sql"] : []).Select(name => $"Iommu.{name}.1.0.0.nupkg");

    /// <summary>What is compiled against a runtime depends on that one alone, and comes with its documentation.</summary>
    private static void CheckContents(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        var names = archive.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains(names, name => name.StartsWith("lib/net10.0/", StringComparison.Ordinal) && Path.GetExtension(name) == ".xml");
        Assert.Contains("README.md", names);
        using var reader = new StreamReader(archive.Entries.Single(entry => Path.GetExtension(entry.Name) == ".nuspec").Open());
        var nuspec = reader.ReadToEnd();
        Assert.Contains("<description>", nuspec);
        var other = Runtime == "Replay" ? @"""(Akka|Iommu\.\w+\.Akka)" : @"""Iommu\.\w*\.?Replay";
        Assert.DoesNotMatch(other, nuspec);
        if (package.Contains("Iommu.Actors.Akka", StringComparison.Ordinal))
            Assert.Contains("""id="Akka.Persistence.Sql" version="[1.5.30]""", nuspec);
    }

    /// <summary>The project that the documentation shows, with the sources of the sample and its tests.</summary>
    private string CreateProject(string packages)
    {
        var folder = Directory.CreateDirectory(_folder["consumer"]).FullName;
        var page = Repository.Files.Single(file => file.Path == "docs/testing-your-driver.md").Text;
        var project = Project().Match(page).Groups[1].Value.Replace("Iommu.TestKit.Replay", $"Iommu.TestKit.{Runtime}");
        File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), project);
        File.WriteAllText(Path.Combine(folder, "Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <RestoreConfigFile>$(MSBuildThisFileDirectory)nuget.config</RestoreConfigFile>
                <RestorePackagesPath>{_folder["restored"]}</RestorePackagesPath>
                <RestoreFallbackFolders>{PackagesOfThisRun()}</RestoreFallbackFolders>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{packages}" /></packageSources>
            </configuration>
            """);
        foreach (var source in Repository.Sources.Where(file => file.IsIn("Samples")))
        {
            if (Runtime != "Replay" && source.Path.Contains("/Explore/", StringComparison.Ordinal)) continue;
            var path = Path.Combine(folder, source.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, source.Text);
        }
        return folder;
    }

    /// <summary>Where the packages are that this project was restored with: what a user's project has besides is among them.</summary>
    private static string PackagesOfThisRun()
    {
        var assets = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "obj", "Tests", "project.assets.json");
        using var read = JsonDocument.Parse(File.ReadAllText(assets));
        return string.Join(';', read.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name));
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // What the build around this test has set is not meant for another.
        foreach (var name in start.Environment.Keys.Where(name => Inherited().IsMatch(name)).ToList()) start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }

    [GeneratedRegex("^```xml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Project();

    [GeneratedRegex("^(MSBUILD|VSTEST|NUGET_)|^(CI|Platform|Configuration)$", RegexOptions.IgnoreCase)]
    private static partial Regex Inherited();
}
