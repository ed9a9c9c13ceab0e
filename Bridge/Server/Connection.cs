using Iommu.Bridge.Files;
using System.Runtime.InteropServices;
using Iommu.Bridge.Native;
using Iommu.Bridge.Protocol;
using Iommu.Messages;

namespace Iommu.Bridge.Server;

/// <summary>
/// One open file of a program, as the server sees it: requests come in, and the end of input is its last close. Its first request
/// must open it, unless it was handed to the program open; whatever does not follow the protocol is closed.
/// </summary>
/// <param name="socket">The server's end.</param>
/// <param name="loop">Who waits for requests.</param>
/// <param name="closings">Who waits for the close.</param>
/// <param name="open">Opens what the first request asks for, with this end of it, and replies; null when there is none such.</param>
/// <param name="ended">The connection is over, and the file closed.</param>
/// <param name="failed">Is told of what is no program's doing.</param>
internal sealed class Connection(
    Descriptor socket, EventLoop loop, Closings closings, Func<ShimCall, Descriptor, Task<IServedFile?>> open,
    Action<Connection> ended, Action<Exception> failed)
{
    /// <summary>Of one file: what its programs send beyond that waits in its socket.</summary>
    private const int RequestsMax = 256;

    private readonly Lock _lock = new();
    private readonly HashSet<uint> _programs = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<IServedFile?>? _file;
    private int _underWay;
    private bool _over;
    private bool _paused;

    public Descriptor Socket => socket;

    /// <summary>Ends when the file is closed.</summary>
    public Task Closed => _closed.Task;

    /// <summary>From now on requests are served.</summary>
    /// <param name="file">What is open already; null when the first request opens it.</param>
    /// <param name="program">Whose it is then.</param>
    public void Start(IServedFile? file = null, uint program = 0)
    {
        if (file is not null)
        {
            _file = Task.FromResult<IServedFile?>(file);
            _programs.Add(program);
        }
        loop.Watch(socket, Receive, HungUp);
    }

    /// <summary>The simulator ends: no more requests.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_over) return;
            _over = true;
            loop.Forget(socket);
            closings.Add(_programs, _closed.Task);
            if (_underWay > 0) return;
        }
        _ = CloseAsync();
    }

    private void Receive()
    {
        if (ReceiveOne() is not { } call) return;
        Begin();
        loop.TakeHangups();
        // Its own file too may be closed by now. Then nobody waits for the answer, and the call waits for no close: that of its own file
        // waits for it.
        Dispatch(call, _over ? Task.CompletedTask : closings.Of(call.Request.Program));
    }

    /// <summary>Every copy of the descriptor is closed. What was sent before that is served; the last of it is the end.</summary>
    private void HungUp()
    {
        while (!_over)
        {
            if (ReceiveOne() is not { } call) continue;
            Begin();
            Dispatch(call, Task.CompletedTask);
        }
    }

    private ShimCall? ReceiveOne()
    {
        Span<byte> buffer = stackalloc byte[ShimRequest.LengthBytes + 1];
        var length = SeqPacket.Receive(socket, buffer, out var sender, out var came);
        if (length < 0) return null;
        var request = length == ShimRequest.LengthBytes ? MemoryMarshal.Read<ShimRequest>(buffer) : default;
        if (request.Magic == ShimRequest.ExpectedMagic && came.Count > 0 && sender.Process != 0)
        {
            _programs.Add(request.Program);
            return new ShimCall(request, sender, came[0], IdentitiesOf(came));
        }
        foreach (var descriptor in came) descriptor.Dispose();
        End();
        return null;
    }

    /// <summary>Of all but the first. None is kept: a copy that was still here when its program closes its own would delay that.</summary>
    private static SocketIdentity[] IdentitiesOf(IReadOnlyList<Descriptor> came)
    {
        if (came.Count == 1) return [];
        var sockets = came.Skip(1).Select(SeqPacket.IdentityOf).OfType<SocketIdentity>().ToArray();
        foreach (var descriptor in came.Skip(1)) descriptor.Dispose();
        return sockets;
    }

    private void Dispatch(ShimCall call, Task before)
    {
        if (_file is null) _ = DoneAfterAsync(_file = Task.Run(() => OpenAsync(call, before)));
        else ThreadPool.UnsafeQueueUserWorkItem(_ => _ = ServeAsync(call, before), null);
    }

    private async Task<IServedFile?> OpenAsync(ShimCall call, Task before)
    {
        try
        {
            await before;
            return await open(call, socket);
        }
        catch (Exception e)
        {
            Tell(e);
            return null;
        }
        finally
        {
            call.Refuse(Errno.EIO);
        }
    }

    /// <summary>When the task has ended, and not before: who closes the file then must find it.</summary>
    private async Task DoneAfterAsync(Task opening)
    {
        await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Done();
    }

    private async Task ServeAsync(ShimCall call, Task before)
    {
        try
        {
            await before;
            if (await _file! is { } file) await file.ServeAsync(call);
            else call.Refuse(Errno.EBADF);
        }
        catch (Exception e)
        {
            Tell(e);
            call.Refuse(Errno.EIO);
        }
        finally
        {
            Done();
        }
    }

    /// <summary>A program that is gone, or that may not be looked at, is not the server's failure: only its calls fail.</summary>
    private void Tell(Exception e)
    {
        if (e is not BridgeException) failed(e);
    }

    private void Begin()
    {
        lock (_lock)
        {
            if (++_underWay < RequestsMax || _paused || _over) return;
            _paused = true;
            loop.Pause(socket, true);
        }
    }

    private void Done()
    {
        lock (_lock)
        {
            _underWay--;
            if (_paused && !_over)
            {
                _paused = false;
                loop.Pause(socket, false);
            }
            if (_underWay > 0 || !_over) return;
        }
        _ = CloseAsync();
    }

    private async Task CloseAsync()
    {
        try
        {
            if (_file is { IsCompletedSuccessfully: true } opened && await opened is { } file) await file.ClosedAsync();
        }
        catch (Exception e)
        {
            Tell(e);
        }
        socket.Dispose();
        ended(this);
        _closed.TrySetResult();
    }
}
