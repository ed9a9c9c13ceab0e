using System.Globalization;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// What processes have open, as /proc has it, as far as this user may look. A file that is under way from process to process is not seen.
/// </summary>
internal static class OpenDescriptors
{
    /// <summary>Every descriptor of another process.</summary>
    public static IEnumerable<DescriptorLink> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            var isOther = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && pid != Environment.ProcessId;
            foreach (var path in isOther ? Of(folder) : []) yield return new DescriptorLink(path);
        }
    }

    /// <summary>Where sockets are open; none for those that nobody has.</summary>
    /// <param name="inodes">Which ones are looked for.</param>
    public static Dictionary<ulong, DescriptorLink> FindSockets(IReadOnlyCollection<ulong> inodes)
    {
        var found = new Dictionary<ulong, DescriptorLink>();
        if (inodes.Count == 0) return found;
        var wanted = inodes.ToDictionary(TargetOf, inode => inode);
        foreach (var descriptor in All())
        {
            if (descriptor.Target is { } target && wanted.TryGetValue(target, out var inode)) found.TryAdd(inode, descriptor);
            if (found.Count == wanted.Count) break;
        }
        return found;
    }

    /// <summary>What the link to a socket says.</summary>
    public static string TargetOf(ulong inode) => string.Create(CultureInfo.InvariantCulture, $"socket:[{inode}]");

    private static string[] Of(string process)
    {
        try
        {
            return Directory.GetFiles($"{process}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return [];
        }
    }
}

/// <summary>A descriptor of a process: its link in /proc/PID/fd.</summary>
internal readonly record struct DescriptorLink(string Path)
{
    /// <summary>What is there now; null when nothing is.</summary>
    public string? Target
    {
        get
        {
            try
            {
                return new FileInfo(Path).LinkTarget;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
