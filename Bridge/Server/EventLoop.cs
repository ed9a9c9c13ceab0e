using Iommu.Bridge.Native;

namespace Iommu.Bridge.Server;

/// <summary>
/// One thread that waits for any of many descriptors. What is closed at the other end it can ask for apart from everything else, so that
/// what a program closed before it asked something is known before that is looked at.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly Epoll _hangups = new();
    private readonly Descriptor _wake = Descriptor.Of(Libc.eventfd(0, Libc.SockCloexec), "eventfd");
    private readonly Lock _lock = new();
    // What epoll tells is looked up by the key of the watch: of a batch, an earlier event may have closed what a later one tells of, and
    // the number may be that of a new connection by then, which has not hung up.
    private readonly Dictionary<ulong, Watched> _watched = [];
    private readonly Dictionary<int, ulong> _keys = [];
    private readonly Thread _thread;
    private readonly Action<Exception> _failed;
    private ulong _lastKey;
    private volatile bool _stopping;

    /// <param name="name">The thread's.</param>
    /// <param name="failed">What was watched has thrown; it is told on the loop's thread, which goes on.</param>
    public EventLoop(string name, Action<Exception> failed)
    {
        _failed = failed;
        Watch(_wake, () => { });
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>What is watched now, for leaks to be seen.</summary>
    public int Count { get { lock (_lock) return _watched.Count - 1; } }

    public void Start() => _thread.Start();

    /// <param name="descriptor">What to wait for.</param>
    /// <param name="ready">Runs on the loop's thread, again and again while it is readable.</param>
    /// <param name="hungUp">Runs in its place when the other end is closed; it must end in <see cref="Forget"/>.</param>
    public void Watch(Descriptor descriptor, Action ready, Action? hungUp = null)
    {
        ulong key;
        lock (_lock)
        {
            _keys[descriptor.Number] = key = ++_lastKey;
            _watched[key] = new Watched(ready, hungUp);
        }
        _epoll.Watch(descriptor, Epoll.In, key);
        if (hungUp is not null) _hangups.Watch(descriptor, 0, key);
    }

    /// <summary>Lets what comes in wait, or not any more. The end of the other side is told all the same.</summary>
    public void Pause(Descriptor descriptor, bool paused)
    {
        ulong key;
        lock (_lock) key = _keys[descriptor.Number];
        _epoll.Change(descriptor, paused ? 0 : Epoll.In, key);
    }

    /// <summary>Before the descriptor is closed.</summary>
    public void Forget(Descriptor descriptor)
    {
        Watched? watched = null;
        lock (_lock)
            if (_keys.Remove(descriptor.Number, out var key)) _watched.Remove(key, out watched);
        _epoll.Forget(descriptor);
        if (watched?.HungUp is not null) _hangups.Forget(descriptor);
    }

    /// <summary>Tells everybody whose other end is closed by now. On the loop's thread.</summary>
    public void TakeHangups()
    {
        int count;
        while ((count = _hangups.Wait(0)) > 0)
            for (var i = 0; i < count; i++) Invoke(Find(_hangups.At(i).Key)?.HungUp);
    }

    /// <summary>Nothing is told any more.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
        if (_thread.IsAlive) _thread.Join();
    }

    /// <summary>After <see cref="Stop"/>.</summary>
    public void Dispose()
    {
        _epoll.Dispose();
        _hangups.Dispose();
        _wake.Dispose();
    }

    private unsafe void Wake()
    {
        var one = 1UL;
        Libc.write(_wake.Number, &one, sizeof(ulong));
    }

    private void Run()
    {
        while (!_stopping)
        {
            var count = _epoll.Wait(-1);
            for (var i = 0; i < count && !_stopping; i++)
            {
                var (key, events) = _epoll.At(i);
                if (Find(key) is not { } watched) continue;
                Invoke((events & Epoll.HangUp) != 0 && watched.HungUp is not null ? watched.HungUp : watched.Ready);
            }
        }
    }

    private Watched? Find(ulong key)
    {
        lock (_lock) return _watched.GetValueOrDefault(key);
    }

    private void Invoke(Action? told)
    {
        try
        {
            told?.Invoke();
        }
        catch (Exception e)
        {
            _failed(e);
        }
    }

    private sealed record Watched(Action Ready, Action? HungUp);
}
