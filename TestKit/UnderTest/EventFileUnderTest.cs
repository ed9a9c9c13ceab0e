using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.TestKit.UnderTest;

/// <summary>The open file of an event queue or a fault queue. After a crash it is opened anew by itself.</summary>
public abstract class EventFileUnderTest
{
    private readonly TimeSpan _patience;

    private protected EventFileUnderTest(EventQueueAnswer queue, TimeSpan patience) => (File, _patience) = (queue.File, patience);

    /// <summary>The queue.</summary>
    public ObjectId Queue => File.Queue;

    /// <summary>Its file.</summary>
    public EventFile File { get; private set; }

    /// <summary>Expects that there is nothing to read.</summary>
    /// <exception cref="ExpectationException">There is.</exception>
    public async Task ExpectNothingAsync()
    {
        var poll = await File.PollAsync();
        if (poll.Events.HasFlag(PollEvents.In))
            throw new ExpectationException($"expected nothing in queue {Queue}, but there is something to read");
    }

    internal async Task ReopenAsync(IommufdContext context)
    {
        if (await context.ReopenEventFileAsync(Queue) is { } file) File = file;
    }

    /// <summary>What is read at once, or soon; nothing when nothing comes.</summary>
    private protected async Task<ReadOnlyMemory<byte>> ReadAsync(int countBytes)
    {
        var poll = _patience == TimeSpan.Zero ? await File.PollAsync() : await File.PollAsync(_patience);
        if (!poll.Events.HasFlag(PollEvents.In)) return default;
        var read = await File.ReadAsync(countBytes);
        return read.Errno == Errno.None ? read.Bytes
            : throw new ExpectationException($"a read of {countBytes} bytes from queue {Queue} is answered {read.Errno}");
    }

    private protected ExpectationException Missing(string what, string plural, IReadOnlyList<string> others) => new(
        $"expected {what}, but {(others.Count == 0 ? $"there were no {plural}" : $"the {plural} were")}"
        + string.Concat(others.Select(other => $"{Environment.NewLine}  {other}")));
}
