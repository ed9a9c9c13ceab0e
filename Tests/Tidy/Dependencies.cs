using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Iommu.Tests.Tidy;

/// <summary>Dependencies run one way (design.md, section 2): a project refers only to projects of a lower rank.</summary>
public static partial class Dependencies
{
    private static readonly Dictionary<string, int> Rank = new()
    {
        ["Messages"] = 0,
        ["Hardware"] = 1,
        ["Persistence"] = 2,
        ["Actors"] = 3,
        ["TestKit"] = 4,
        ["Bridge"] = 4,
        ["Samples"] = 5,
        ["Cli"] = 5,
        ["Bench"] = 5,
        ["Tests"] = 6,
    };

    private static readonly string[] WithoutAkka = ["Messages", "Hardware", "Actors/Core"];

    public static IEnumerable<Violation> Backwards(SourceFile project) =>
        from r in References(project, "ProjectReference")
        let folder = FolderOf(project.Path)
        let other = FolderOf(Resolve(project.Path, r.Include))
        where !Allowed(folder, other)
        select new Violation(project.Path, r.Line, $"{folder} must not refer to {other}");

    /// <summary>Messages and Hardware see no actor runtime, Messages nothing at all.</summary>
    public static IEnumerable<Violation> Runtime(SourceFile project)
    {
        var folder = FolderOf(project.Path);
        var runtime = folder is "Messages" or "Hardware" ? References(project, "ActorRuntimeReference") : [];
        var packages = folder is "Messages" ? References(project, "PackageReference") : [];
        return runtime.Concat(packages).Select(r => new Violation(project.Path, r.Line, $"{folder} must not refer to {r.Include}"));
    }

    public static IEnumerable<Violation> AkkaInPureCode(SourceFile file) => WithoutAkka.Any(file.IsIn)
        ? file.Matches(Akka(), file.Code, _ => "names Akka, which this folder must not know")
        : [];

    private static bool Allowed(string from, string to) => from is "Replay" or "Samples" && from == to || from != "Replay"
        && Rank.TryGetValue(from, out var above) && Rank.TryGetValue(to, out var below) && below < above;

    private static string FolderOf(string path) => path.Split('/')[0];

    private static string Resolve(string project, string include) =>
        Path.GetRelativePath("/", Path.Combine("/", Path.GetDirectoryName(project)!, include)).Replace('\\', '/');

    private static IEnumerable<(string Include, int Line)> References(SourceFile project, string item) =>
        XDocument.Parse(project.Text, LoadOptions.SetLineInfo).Descendants(item)
            .Select(e => ((string?)e.Attribute("Include") ?? "", ((System.Xml.IXmlLineInfo)e).LineNumber));

    [GeneratedRegex(@"\bAkka\.\w+|\busing Akka\b")]
    private static partial Regex Akka();
}
