using System.Runtime.InteropServices;
using System.Text;

namespace Iommu.Bridge.Native;

/// <summary>Sockets of whole messages that carry descriptors, and that say who sent (SOCK_SEQPACKET of AF_UNIX).</summary>
internal static unsafe class SeqPacket
{
    private const int ControlBytes = 256;
    private const int ControlHeaderBytes = 16;

    /// <summary>A socket at a path that programs can connect to.</summary>
    public static Descriptor Listen(string path)
    {
        var socket = Create();
        fixed (byte* address = Address(path))
            if (Libc.bind(socket.Number, address, AddressLength(path)) != 0) throw BridgeException.OfLastError($"bind {path}");
        // Inherited by what is accepted: set later, it would miss what a program sends at once.
        PassCredentials(socket);
        if (Libc.listen(socket.Number, 1024) != 0) throw BridgeException.OfLastError("listen");
        return socket;
    }

    /// <summary>Two connected ends. The peer's name of the first is an abstract one: a zero, then <paramref name="name"/>.</summary>
    public static (Descriptor First, Descriptor Second) Pair(string name)
    {
        var pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AfUnix, Libc.SockSeqPacket | Libc.SockCloexec, 0, pair) != 0)
            throw BridgeException.OfLastError("socketpair");
        var (first, second) = (new Descriptor(pair[0]), new Descriptor(pair[1]));
        byte[] address = [Libc.AfUnix, 0, 0, .. Encoding.UTF8.GetBytes(name)];
        fixed (byte* bytes = address)
            if (Libc.bind(second.Number, bytes, (uint)address.Length) != 0) throw BridgeException.OfLastError($"bind {name}");
        PassCredentials(second);
        return (first, second);
    }

    public static Descriptor Connect(string path)
    {
        var socket = Create();
        fixed (byte* address = Address(path))
            if (Libc.connect(socket.Number, address, AddressLength(path)) != 0) throw BridgeException.OfLastError($"connect {path}");
        return socket;
    }

    /// <summary>The next connection; null when there is none waiting.</summary>
    public static Descriptor? Accept(Descriptor listener)
    {
        var accepted = Libc.accept4(listener.Number, null, null, Libc.SockCloexec);
        return accepted < 0 ? null : new Descriptor(accepted);
    }

    /// <summary>Who connected (SO_PEERCRED).</summary>
    public static Credentials PeerOf(Descriptor socket)
    {
        Credentials peer;
        var length = (uint)sizeof(Credentials);
        if (Libc.getsockopt(socket.Number, Libc.SolSocket, Libc.SoPeerCred, &peer, &length) != 0)
            throw BridgeException.OfLastError("SO_PEERCRED");
        return peer;
    }

    /// <summary>Which socket it is; null when it is none.</summary>
    public static SocketIdentity? IdentityOf(Descriptor socket)
    {
        ulong cookie;
        var length = (uint)sizeof(ulong);
        return Libc.getsockopt(socket.Number, Libc.SolSocket, Libc.SoCookie, &cookie, &length) == 0
            ? new SocketIdentity(cookie, socket.Identity().Inode) : null;
    }

    /// <summary>Takes one message. Descriptors that came with it are the caller's.</summary>
    /// <returns>Its length: 0 at the end of the connection, -1 when there is none now.</returns>
    public static int Receive(Descriptor socket, Span<byte> buffer, out Credentials sender, out IReadOnlyList<Descriptor> descriptors)
    {
        (sender, descriptors) = (default, []);
        var control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = buffer)
        {
            var vector = new Libc.IoVector { Base = bytes, Length = (nuint)buffer.Length };
            var message = new Libc.MessageHeader
            {
                Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes,
            };
            nint length;
            do length = Libc.recvmsg(socket.Number, &message, Libc.MsgDontWait | Libc.MsgCmsgCloexec);
            while (length < 0 && Marshal.GetLastPInvokeError() == Libc.Eintr);
            if (length < 0) return Marshal.GetLastPInvokeError() == Libc.Eagain ? -1 : 0;
            descriptors = ReadControl(control, (int)message.ControlLength, ref sender);
            return (int)length;
        }
    }

    /// <summary>Sends one message, with descriptors or without. False when the other end is gone or takes no more.</summary>
    public static bool Send(Descriptor socket, ReadOnlySpan<byte> bytes, params ReadOnlySpan<Descriptor?> descriptors)
    {
        var control = stackalloc byte[ControlBytes];
        var count = 0;
        foreach (var descriptor in descriptors)
            if (descriptor is not null) *(int*)(control + ControlHeaderBytes + sizeof(int) * count++) = descriptor.Number;
        fixed (byte* start = bytes)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)bytes.Length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (count > 0)
            {
                *(nuint*)control = (nuint)(ControlHeaderBytes + sizeof(int) * count);
                *(int*)(control + 8) = Libc.SolSocket;
                *(int*)(control + 12) = Libc.ScmRights;
                message.Control = control;
                message.ControlLength = (nuint)(ControlHeaderBytes + (sizeof(int) * count + 7 & ~7));
            }
            nint sent;
            do sent = Libc.sendmsg(socket.Number, &message, Libc.MsgNoSignal | Libc.MsgDontWait);
            while (sent < 0 && Marshal.GetLastPInvokeError() == Libc.Eintr);
            return sent == bytes.Length;
        }
    }

    /// <summary>A socket that is connected to nothing.</summary>
    public static Descriptor Unconnected() => Create();

    private static Descriptor Create() =>
        Descriptor.Of(Libc.socket(Libc.AfUnix, Libc.SockSeqPacket | Libc.SockCloexec, 0), "socket");

    private static void PassCredentials(Descriptor socket)
    {
        var on = 1;
        if (Libc.setsockopt(socket.Number, Libc.SolSocket, Libc.SoPassCred, &on, sizeof(int)) != 0)
            throw BridgeException.OfLastError("SO_PASSCRED");
    }

    // struct sockaddr_un: the family, then the path and a zero.
    private static byte[] Address(string path) => [Libc.AfUnix, 0, .. Encoding.UTF8.GetBytes(path), 0];

    private static uint AddressLength(string path) => (uint)(2 + Encoding.UTF8.GetByteCount(path) + 1);

    private static List<Descriptor> ReadControl(byte* control, int length, ref Credentials sender)
    {
        List<Descriptor> received = [];
        for (var at = 0; at + ControlHeaderBytes <= length;)
        {
            var size = (int)*(nuint*)(control + at);
            if (size < ControlHeaderBytes || at + size > length) break;
            var type = *(int*)(control + at + 12);
            if (type == Libc.ScmCredentials) sender = *(Credentials*)(control + at + ControlHeaderBytes);
            for (var fd = at + ControlHeaderBytes; type == Libc.ScmRights && fd + 4 <= at + size; fd += 4)
                received.Add(new Descriptor(*(int*)(control + fd)));
            at += (size + 7) & ~7;
        }
        return received;
    }
}

/// <summary>Who sent something, as the kernel says (struct ucred).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Credentials
{
    public int Process;
    public uint User;
    public uint Group;
}

/// <summary>What tells a socket from any other.</summary>
/// <param name="Cookie">The kernel's number of it, used once (socket(7), SO_COOKIE): nobody can choose it.</param>
/// <param name="Inode">What links in /proc/PID/fd call it while it is open; used again later.</param>
internal readonly record struct SocketIdentity(ulong Cookie, ulong Inode);
