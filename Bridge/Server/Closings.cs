namespace Iommu.Bridge.Server;

/// <summary>
/// Files that are being closed, by the program that used them. close() and the end of a process have taken effect when they return: a
/// later call of the same program waits for that, and a call of another one does not. Any thread may call it.
/// </summary>
internal sealed class Closings
{
    /// <summary>Finds out what has been closed up to now and has not been told.</summary>
    public Action Look { get; set; } = () => { };

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Task> _pending = [];

    /// <summary>A file is closed when a task ends.</summary>
    public void Add(IEnumerable<uint> programs, Task closed)
    {
        foreach (var program in programs) Add(program, closed);
    }

    /// <summary>Ends when what the program has closed up to now is.</summary>
    public Task Of(uint program)
    {
        Look();
        lock (_lock) return _pending.GetValueOrDefault(program, Task.CompletedTask);
    }

    /// <summary>Ends when what all programs have closed up to now is.</summary>
    public Task OfAll()
    {
        Look();
        lock (_lock) return Task.WhenAll(_pending.Values);
    }

    private void Add(uint program, Task closed)
    {
        Task all;
        lock (_lock)
            _pending[program] = all = _pending.TryGetValue(program, out var earlier) ? Task.WhenAll(earlier, closed) : closed;
        _ = ForgetAsync(program, all);
    }

    private async Task ForgetAsync(uint program, Task all)
    {
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            if (ReferenceEquals(_pending.GetValueOrDefault(program), all)) _pending.Remove(program);
    }
}
