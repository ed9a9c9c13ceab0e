namespace Iommu.Cli.Stress;

/// <summary>The capture of a real guest that the repository carries in Tests/Data.</summary>
internal static class DefaultCapture
{
    // Captures there are cut down; one with its command stream is one that can be run.
    private const string Commands = ".commands.bin.gz";

    /// <summary>Its prefix; null when there is none here or above, nor above the program.</summary>
    public static string? Find() => Find(Directory.GetCurrentDirectory()) ?? Find(AppContext.BaseDirectory);

    private static string? Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var data = new DirectoryInfo(Path.Combine(folder.FullName, "Tests", "Data"));
            if (!data.Exists) continue;
            var first = data.EnumerateFiles($"*{Commands}").Select(file => file.FullName).Order(StringComparer.Ordinal).FirstOrDefault();
            if (first is not null) return Shorten(first[..^Commands.Length]);
        }
        return null;
    }

    /// <summary>Relative to where the user is, when that is shorter: it is printed, and typed again.</summary>
    private static string Shorten(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.Length < path.Length ? relative : path;
    }
}
