namespace Iommu.Bridge.Programs;

/// <summary>The library that is preloaded into programs, and what tells it where the simulator is.</summary>
public static class ShimLibrary
{
    public const string PreloadVariable = "LD_PRELOAD";

    /// <summary>The socket; a program that is started without it is left alone.</summary>
    public const string SocketVariable = "IOMMU_SOCKET";

    /// <summary>For how many seconds a program waits for the next simulator; one that is started without it gets EIO.</summary>
    public const string ReconnectVariable = "IOMMU_RECONNECT";

    private static string PathOf => Path.Combine(AppContext.BaseDirectory, "libiommu-shim.so");

    public static bool IsBuilt => File.Exists(PathOf);

    /// <summary>Its path.</summary>
    /// <exception cref="BridgeException">It was not built.</exception>
    public static string Find() => IsBuilt ? PathOf : throw new BridgeException(
        "the shim that programs are started with was not built, for want of a C compiler (cc); install gcc or clang and build again");
}
