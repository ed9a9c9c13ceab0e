using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Iommu.Bridge.Native;

/// <summary>An epoll of descriptors, each told of by a key of its watch: a number may be another's by then.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint In = 0x01;
    public const uint HangUp = 0x10;

    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;
    private const int EventsMax = 64;

    // struct epoll_event is packed on x86-64, and only there (sys/epoll.h).
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventBytes = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly Descriptor _epoll = Descriptor.Of(Libc.epoll_create1(CloseOnExec), "epoll_create1");
    private readonly byte[] _events = new byte[EventsMax * 16];

    /// <param name="descriptor">What to wait for.</param>
    /// <param name="events">For what; a hang-up is told always.</param>
    /// <param name="key">What is told.</param>
    public void Watch(Descriptor descriptor, uint events, ulong key = 0) => Control(Add, descriptor, events, key);

    public void Change(Descriptor descriptor, uint events, ulong key) => Control(Modify, descriptor, events, key);

    /// <summary>Nothing when it is not watched.</summary>
    public void Forget(Descriptor descriptor)
    {
        var none = stackalloc byte[16];
        Libc.epoll_ctl(_epoll.Number, Delete, descriptor.Number, none);
    }

    /// <summary>Waits until something is to be told. By one thread at a time.</summary>
    /// <param name="timeoutMs">-1 for ever. A signal, of which the runtime sends some of its own, begins it anew.</param>
    /// <returns>How many; 0 when the time is over.</returns>
    public int Wait(int timeoutMs)
    {
        fixed (byte* events = _events)
        {
            int count;
            do count = Libc.epoll_wait(_epoll.Number, events, EventsMax, timeoutMs);
            while (count < 0 && Marshal.GetLastPInvokeError() == Libc.Eintr);
            return count >= 0 ? count : throw BridgeException.OfLastError("epoll_wait");
        }
    }

    /// <summary>What the last <see cref="Wait"/> told.</summary>
    public (ulong Key, uint Events) At(int index)
    {
        var e = _events.AsSpan(index * EventBytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(e[DataOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(e));
    }

    public void Dispose() => _epoll.Dispose();

    private void Control(int operation, Descriptor descriptor, uint events, ulong key)
    {
        var e = stackalloc byte[16];
        *(uint*)e = events;
        *(ulong*)(e + DataOffset) = key;
        if (Libc.epoll_ctl(_epoll.Number, operation, descriptor.Number, e) != 0) throw BridgeException.OfLastError("epoll_ctl");
    }
}
