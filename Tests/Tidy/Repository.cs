namespace Iommu.Tests.Tidy;

/// <summary>The files of this checkout, without what builds and tools leave beside them.</summary>
public static class Repository
{
    private static readonly string[] Ignored = [".git", ".vs", ".idea", "artifacts", "bin", "obj", "BenchmarkDotNet.Artifacts"];

    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    private static readonly Lazy<IReadOnlyList<SourceFile>> All = new(() => Read(Root));

    /// <summary>Every text file.</summary>
    public static IReadOnlyList<SourceFile> Files => All.Value;

    /// <summary>Every C# file.</summary>
    public static IEnumerable<SourceFile> Sources => Files.Where(f => f.IsCSharp);

    /// <summary>Reads the text files below <paramref name="root"/>, ordered by path.</summary>
    public static IReadOnlyList<SourceFile> Read(string root) =>
        Walk(new DirectoryInfo(root))
            .Select(f => (Path: Path.GetRelativePath(root, f.FullName).Replace('\\', '/'), Bytes: File.ReadAllBytes(f.FullName)))
            .Where(f => IsText(f.Bytes))
            .Select(f => new SourceFile(f.Path, System.Text.Encoding.UTF8.GetString(f.Bytes).Replace("\r\n", "\n")))
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .ToList();

    /// <summary>Fails with one line a violation.</summary>
    public static void AssertNone(IEnumerable<Violation> violations)
    {
        var found = violations.ToList();
        Assert.True(found.Count == 0, $"{found.Count} violations\n" + string.Join('\n', found));
    }

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Where(f => f.Name != ".git" && f.LinkTarget is null)
            .Concat(folder.EnumerateDirectories().Where(d => !Ignored.Contains(d.Name) && d.LinkTarget is null).SelectMany(Walk));

    private static bool IsText(byte[] bytes) => bytes.AsSpan(0, Math.Min(bytes.Length, 8192)).IndexOf((byte)0) < 0
        && !(bytes.Length > 1 && bytes[0] == 0x1f && bytes[1] == 0x8b);

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Iommu.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {start} holds Iommu.sln: the tests must run from a checkout.");
    }
}
