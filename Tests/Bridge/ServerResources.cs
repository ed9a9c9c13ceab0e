namespace Iommu.Tests.Bridge;

/// <summary>What a server in this process has of the system, as far as only servers have it here.</summary>
/// <param name="Sockets">Sockets that are bound to its path, or to a name that begins with it.</param>
/// <param name="Processes">Descriptors of programs, and of their memory.</param>
/// <param name="Regions">Files that programs map.</param>
internal sealed record ServerResources(int Sockets, int Processes, int Regions)
{
    public static ServerResources Now(string socket)
    {
        var links = Directory.GetFiles("/proc/self/fd").Select(TargetOf).ToList();
        return new ServerResources(
            File.ReadLines("/proc/net/unix").Count(line => line.Contains(socket)),
            links.Count(link => link.Contains("pidfd") || (link.StartsWith("/proc/") && link.EndsWith("/mem"))),
            links.Count(link => link.Contains("iommu-region")));
    }

    private static string TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // Closed by somebody else meanwhile.
            return "";
        }
    }
}
