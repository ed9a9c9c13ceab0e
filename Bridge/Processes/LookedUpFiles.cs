using Iommu.Bridge.Memory;

namespace Iommu.Bridge.Processes;

/// <summary>
/// Files of a program that calls have looked up. One that nothing holds when the calls have ended that could have found it is closed.
/// Any thread may call it.
/// </summary>
internal sealed class LookedUpFiles
{
    private readonly Lock _lock = new();
    private readonly SortedSet<long> _underWay = [];
    private readonly Queue<(long Begun, ClientFile File)> _files = new();
    private long _begun;

    public IDisposable BeginCall()
    {
        lock (_lock)
        {
            _underWay.Add(++_begun);
            return new Call(this, _begun);
        }
    }

    public ClientFile Add(ClientFile file)
    {
        lock (_lock) _files.Enqueue((_begun, file));
        return file;
    }

    private void End(long call)
    {
        lock (_lock)
        {
            _underWay.Remove(call);
            var oldest = _underWay.Count > 0 ? _underWay.Min : long.MaxValue;
            while (_files.TryPeek(out var first) && first.Begun < oldest) _files.Dequeue().File.LetGoUnheld();
        }
    }

    private sealed class Call(LookedUpFiles files, long number) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0) files.End(number);
        }
    }
}
