using System.Text;
using Iommu.Bridge.Native;

namespace Iommu.Bridge.Server;

/// <summary>
/// The folder of a server's socket, which nobody but its user can reach; beside the socket what stands for /sys/kernel/debug.
/// </summary>
internal sealed class SocketFolder : IDisposable
{
    /// <summary>sun_path has 108 bytes, and the names of files that are given to programs are longer by this.</summary>
    private const int PathBytesMax = 107 - 16;
    private const string Debug = "debug";
    private const uint OwnOnly = 0x1c0;

    /// <summary>The knobs of the kernel's failure injection that programs turn first; none changes what fails here.</summary>
    private static readonly string[] Knobs =
    [
        "failslab/ignore-gfp-wait", "failslab/verbose", "fail_page_alloc/ignore-gfp-wait", "fail_page_alloc/ignore-gfp-highmem",
        "fail_page_alloc/verbose", "fail_iommufd/verbose",
    ];

    private readonly string _folder;
    private readonly bool _made;

    /// <param name="socket">The socket's path.</param>
    /// <exception cref="BridgeException">Too long, or the folder is not this user's alone, or another server is there.</exception>
    public SocketFolder(string socket)
    {
        Socket = Path.GetFullPath(socket);
        if (Encoding.UTF8.GetByteCount(Socket) > PathBytesMax)
            throw new BridgeException($"{Socket}: the path of a socket has at most {PathBytesMax} bytes here");
        _folder = Path.GetDirectoryName(Socket) ?? throw new BridgeException($"{socket}: this is no path of a file");
        if (Directory.Exists(Socket)) throw new BridgeException($"{Socket}: this is a directory; name a file in one");
        _made = !Directory.Exists(_folder);
        if (_made) Make(_folder);
        CheckOwn();
        if (File.Exists(Socket)) ClearStale();
    }

    public string Socket { get; }

    /// <summary>Where the server writes down what programs have of it.</summary>
    public string Ledger => $"{Socket}.files";

    /// <exception cref="BridgeException">The socket cannot be made.</exception>
    public Descriptor Listen()
    {
        foreach (var knob in Knobs)
        {
            var file = Path.Combine(_folder, Debug, knob);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "N\n");
        }
        return SeqPacket.Listen(Socket);
    }

    public void Dispose()
    {
        File.Delete(Socket);
        var debug = Path.Combine(_folder, Debug);
        if (Directory.Exists(debug)) Directory.Delete(debug, recursive: true);
        if (_made && !Directory.EnumerateFileSystemEntries(_folder).Any()) Directory.Delete(_folder);
    }

    private static void Make(string folder)
    {
        if (Path.GetDirectoryName(folder) is { } parent) Directory.CreateDirectory(parent);
        if (Libc.mkdir(folder, OwnOnly) != 0) throw BridgeException.OfLastError($"mkdir {folder}");
    }

    private unsafe void CheckOwn()
    {
        Libc.Statx stat;
        const uint modeAndUser = 0x2 | 0x8;
        if (Libc.statx(-1, _folder, 0, modeAndUser, &stat) != 0) throw BridgeException.OfLastError($"statx {_folder}");
        if (stat.UserId != Libc.geteuid() || (stat.Mode & 0x3f) != 0)
            throw new BridgeException($"{_folder}: the socket's folder must be yours alone (chmod 700), so that nobody else reaches it");
    }

    private void ClearStale()
    {
        try
        {
            SeqPacket.Connect(Socket).Dispose();
        }
        catch (BridgeException)
        {
            // Nobody listens: left by a server that was killed.
            File.Delete(Socket);
            return;
        }
        throw new BridgeException($"{Socket}: another simulator serves there; end it or name another socket");
    }
}
