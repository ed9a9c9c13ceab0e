using Iommu.Bridge.Native;

namespace Iommu.Bridge.Server;

/// <summary>How many descriptors this process may have.</summary>
internal static unsafe class DescriptorLimit
{
    /// <summary>As many as its user may: each open file of a program, and each call under way, is one here.</summary>
    public static void Raise()
    {
        var limit = stackalloc ulong[2];
        if (Libc.prlimit(0, Libc.RlimitNofile, null, limit) != 0) return;
        limit[0] = limit[1];
        Libc.prlimit(0, Libc.RlimitNofile, limit, null);
    }
}
