namespace Iommu.Bridge.Files;

/// <summary>
/// An open file that several sockets may stand for, after a server has died and each of a program's processes has taken it back: it is
/// closed with the last. Any thread may call it.
/// </summary>
/// <param name="close">The last close.</param>
internal sealed class SharedFile(Func<Task> close)
{
    private int _holders = 1;

    /// <summary>One holder more. False when it is closed.</summary>
    public bool TryHold()
    {
        while (true)
        {
            var holders = Volatile.Read(ref _holders);
            if (holders == 0) return false;
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders) return true;
        }
    }

    /// <summary>A holder lets go. Ends when the file is closed, where it was the last.</summary>
    public Task ReleaseAsync() => Interlocked.Decrement(ref _holders) == 0 ? close() : Task.CompletedTask;
}
