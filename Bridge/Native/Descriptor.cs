using Microsoft.Win32.SafeHandles;

namespace Iommu.Bridge.Native;

/// <summary>A file descriptor of this process, closed once.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    public int Number => (int)handle;

    /// <exception cref="BridgeException">The call that returned it failed.</exception>
    public static Descriptor Of(int result, string call) =>
        result >= 0 ? new Descriptor(result) : throw BridgeException.OfLastError(call);

    /// <summary>Device and inode of the open file.</summary>
    public unsafe FileIdentity Identity()
    {
        Libc.Statx stat;
        const int emptyPath = 0x1000;
        const uint basicStats = 0x7ff;
        if (Libc.statx(Number, "", emptyPath, basicStats, &stat) != 0) throw BridgeException.OfLastError("statx");
        return new FileIdentity(((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor, stat.Inode, stat.SizeBytes, stat.Mode);
    }

    /// <summary>Whether it is a memfd, or another file of memory with small pages or huge ones.</summary>
    public unsafe bool IsMemoryFile()
    {
        // struct statfs, of which the type is the first word.
        var stat = stackalloc long[32];
        return Identity().IsRegular && Libc.fstatfs(Number, stat) == 0 && IsOfMemory(*stat);
    }

    /// <summary>Whether a type of file system (statfs(2), f_type) keeps its files in memory.</summary>
    public static bool IsOfMemory(long type)
    {
        const long tmpfs = 0x01021994, hugetlbfs = 0x958458f6;
        return type is tmpfs or hugetlbfs;
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}

/// <summary>What tells an open file from any other, and its length in bytes and type as they are now.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, ulong LengthBytes, ushort Mode)
{
    public bool IsRegular => (Mode & 0xf000) == 0x8000;
}
