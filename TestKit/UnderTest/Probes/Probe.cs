namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>Writes down what comes by, in order. Any thread may call it.</summary>
/// <typeparam name="T">One of what comes by; its text is what messages show.</typeparam>
public abstract class Probe<T> where T : notnull
{
    private const int KeptMax = 1 << 16;
    private const int ShownMax = 12;

    private readonly Lock _lock = new();
    private readonly Queue<T> _seen = new();
    private readonly List<Waiting> _waiting = [];
    private readonly TimeSpan _patience;

    private protected Probe(TimeSpan patience) => _patience = patience;

    /// <summary>What has come by since the last <see cref="Clear"/>; of very much, the last.</summary>
    public IReadOnlyList<T> Seen
    {
        get { lock (_lock) return [.. _seen]; }
    }

    /// <summary>What it is, in the plural, for messages.</summary>
    private protected abstract string Plural { get; }

    /// <summary>Forgets what has come by: what is expected from here on comes later.</summary>
    public void Clear()
    {
        lock (_lock) _seen.Clear();
    }

    /// <summary>Expects that one has come by, or comes soon.</summary>
    /// <param name="what">Which, in words, for the message.</param>
    /// <param name="matches">Which.</param>
    /// <returns>The first of them.</returns>
    /// <exception cref="ExpectationException">None came.</exception>
    public async Task<T> ExpectAsync(string what, Func<T, bool> matches)
    {
        var waiting = new Waiting(matches, new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            foreach (var one in _seen)
                if (matches(one)) return one;
            _waiting.Add(waiting);
        }
        try
        {
            // Where nothing moves by itself, nothing comes.
            if (_patience == TimeSpan.Zero) throw new TimeoutException();
            return await waiting.Came.Task.WaitAsync(_patience);
        }
        catch (TimeoutException)
        {
            throw new ExpectationException($"expected {what}, but {Text()}");
        }
        finally
        {
            lock (_lock) _waiting.Remove(waiting);
        }
    }

    /// <summary>Expects that none has come by.</summary>
    /// <param name="what">Which, in words, for the message.</param>
    /// <param name="matches">Which.</param>
    /// <exception cref="ExpectationException">One has.</exception>
    public void ExpectNone(string what, Func<T, bool> matches)
    {
        var found = Seen.Where(matches).ToList();
        if (found.Count > 0) throw new ExpectationException($"expected {what}, but {Text(found)}");
    }

    internal void Add(T one)
    {
        lock (_lock)
        {
            if (_seen.Count == KeptMax) _seen.Dequeue();
            _seen.Enqueue(one);
            foreach (var waiting in _waiting.Where(waiting => waiting.Matches(one))) waiting.Came.TrySetResult(one);
        }
    }

    private string Text() => Text(Seen);

    private string Text(IReadOnlyList<T> seen)
    {
        if (seen.Count == 0) return $"there were no {Plural}";
        var before = seen.Count > ShownMax ? $"{seen.Count - ShownMax} more, then " : "";
        var lines = seen.TakeLast(ShownMax).Select(one => $"{Environment.NewLine}  {one}");
        return $"the {Plural} were {before}{string.Concat(lines)}";
    }

    private sealed record Waiting(Func<T, bool> Matches, TaskCompletionSource<T> Came);
}

/// <summary>Words of expectations.</summary>
internal static class Probe
{
    /// <summary>An address that is expected; nothing when any is.</summary>
    public static string At(ulong? address) => address is { } one ? $" at 0x{one:x}" : "";
}
