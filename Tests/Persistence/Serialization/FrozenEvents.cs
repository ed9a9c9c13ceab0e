using System.Text;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Persistence.Serialization;

/// <summary>The bytes of each event of each version that there ever was, as journals hold them: Tests/Data/Journals/events.txt.</summary>
public static class FrozenEvents
{
    private static readonly IReadOnlyList<(string Manifest, string Json)> Lines =
    [
        .. File.ReadLines(TestData.Find("Journals/events.txt"), Encoding.UTF8).Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1])),
    ];

    private static readonly Dictionary<string, string> ByManifest = Lines.ToDictionary(line => line.Manifest, line => line.Json);

    /// <summary>In the order of the file.</summary>
    public static IEnumerable<string> Manifests => Lines.Select(line => line.Manifest);

    public static string Json(string manifest) => ByManifest[manifest];

    public static byte[] Bytes(string manifest) => Encoding.UTF8.GetBytes(ByManifest[manifest]);
}
