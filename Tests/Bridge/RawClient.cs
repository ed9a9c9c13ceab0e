using System.Runtime.InteropServices;
using Iommu.Bridge.Native;
using Iommu.Bridge.Protocol;

namespace Iommu.Tests.Bridge;

/// <summary>A program that speaks to the server by itself, and need not follow the protocol.</summary>
internal sealed class RawClient : IDisposable
{
    private const int PatienceMs = 60_000;

    private readonly Descriptor _socket;
    private readonly Descriptor _mine;
    private readonly Descriptor _theirs;

    public RawClient(string socket)
    {
        _socket = SeqPacket.Connect(socket);
        (_theirs, _mine) = SeqPacket.Pair($"raw#{Guid.NewGuid():n}");
    }

    public static ShimRequest Request(ShimOp op, ulong arg0 = 0, ulong arg1 = 0, ulong arg2 = 0, ulong arg3 = 0) => new()
    {
        Magic = ShimRequest.ExpectedMagic, Op = op, Arg0 = arg0, Arg1 = arg1, Arg2 = arg2, Arg3 = arg3,
        Thread = (uint)Environment.ProcessId, Program = (uint)Environment.ProcessId,
    };

    public bool Send(ReadOnlySpan<byte> bytes, bool withReplySocket = true) =>
        SeqPacket.Send(_socket, bytes, withReplySocket ? _theirs : null);

    public bool Send(ShimRequest request, bool withReplySocket = true) =>
        Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ShimRequest>(in request)), withReplySocket);

    /// <summary>The result of a request that the server answers.</summary>
    /// <param name="request">It.</param>
    /// <param name="takesBack">Whether two sockets of this client go along, as if one were another program's.</param>
    public async Task<long> CallAsync(ShimRequest request, bool takesBack = false)
    {
        Assert.True(takesBack
            ? SeqPacket.Send(_socket, MemoryMarshal.AsBytes(new ReadOnlySpan<ShimRequest>(in request)), _theirs, _socket, _mine)
            : Send(request));
        await ReadableAsync(_mine);
        Assert.Equal(ShimReply.LengthBytes, Receive(_mine, out var reply));
        return reply.Result;
    }

    /// <summary>Ends when the server has closed the connection.</summary>
    public async Task ClosedByServerAsync()
    {
        await ReadableAsync(_socket);
        Assert.Equal(0, Receive(_socket, out _));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _mine.Dispose();
        _theirs.Dispose();
    }

    private static Task ReadableAsync(Descriptor descriptor) => Task.Run(() =>
    {
        using var epoll = new Epoll();
        epoll.Watch(descriptor, Epoll.In);
        Assert.Equal(1, epoll.Wait(PatienceMs));
    });

    private static int Receive(Descriptor from, out ShimReply reply)
    {
        Span<byte> bytes = stackalloc byte[ShimReply.LengthBytes];
        var length = SeqPacket.Receive(from, bytes, out _, out var came);
        foreach (var descriptor in came) descriptor.Dispose();
        reply = MemoryMarshal.Read<ShimReply>(bytes);
        return length;
    }
}
