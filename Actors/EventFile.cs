using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// The open file of a fault queue or an event queue (eventq.c). A read gives out whole events and never waits: with none it returns 0.
/// Fault queues are written to as well: answers to what was read. Safe for any number of threads and actors.
/// </summary>
/// <remarks>
/// It is made when the creation of its queue cannot fail any more, with the one reference on the queue that <see cref="Closed"/> gives
/// back: there is no error path that could give it back too (B07), or too late (B05).
/// </remarks>
public sealed class EventFile : IOpenFile
{
    private readonly IActorRef _queue;
    private readonly TimeSpan _patience;
    private IOpenFile? _kept;

    internal EventFile(ObjectId id, IActorRef queue, TimeSpan patience)
    {
        Queue = id;
        _queue = queue;
        _patience = patience;
    }

    /// <summary>The queue that it is of.</summary>
    public ObjectId Queue { get; }

    /// <summary>read(), or pread() with a position.</summary>
    /// <param name="countBytes">Room in the buffer.</param>
    /// <param name="copyOut">The buffer.</param>
    /// <param name="position">Null for read(): the file has no positions.</param>
    /// <returns>
    /// The bytes read, 0 when there is no event. EBADF closed, ESPIPE a position or, of a fault queue, no multiple of 40 bytes, EINVAL no
    /// room for the first event, EFAULT or ENOMEM with nothing read: the event stays.
    /// </returns>
    public Task<Answer> ReadAsync(int countBytes, CopyOut copyOut, long? position = null) =>
        Ask(new ReadEvents(countBytes, copyOut, position is not null));

    /// <summary>read() into a buffer of its own.</summary>
    public async Task<BytesAnswer> ReadAsync(int countBytes)
    {
        var buffer = new MemoryStream();
        var answer = await ReadAsync(countBytes, (offset, bytes) =>
        {
            buffer.Position = offset;
            buffer.Write(bytes);
            return Errno.None;
        });
        return new BytesAnswer(answer.Errno, buffer.GetBuffer().AsMemory(0, (int)answer.Value));
    }

    /// <summary>write(), or pwrite() with a position: answers to groups of faults.</summary>
    /// <param name="countBytes">Length of the answers.</param>
    /// <param name="copyIn">Where they are.</param>
    /// <param name="position">Null for write(): the file has no positions.</param>
    /// <returns>
    /// The bytes taken in, when the devices have been told. EBADF closed, ESPIPE a position or no multiple of 8 bytes, EINVAL a cookie or
    /// a code that is none, or the file of an event queue, EFAULT.
    /// </returns>
    public Task<Answer> WriteAsync(int countBytes, CopyIn copyIn, long? position = null) =>
        Ask(new WriteEvents(countBytes, copyIn, position is not null));

    /// <summary>write() of these bytes.</summary>
    public Task<Answer> WriteAsync(ReadOnlyMemory<byte> bytes) => WriteAsync(bytes.Length, (offset, part) =>
    {
        bytes.Span.Slice(offset, part.Length).CopyTo(part);
        return Errno.None;
    });

    /// <summary>lseek(): ESPIPE.</summary>
    public static Errno Seek() => Errno.ESPIPE;

    /// <summary>poll() that does not wait.</summary>
    public Task<PollAnswer> PollAsync() => _queue.Ask<PollAnswer>(new PollFile(this), _patience);

    /// <summary>poll() until something can be read; when the time is over, what it is ready for then.</summary>
    public async Task<PollAnswer> PollAsync(TimeSpan timeout)
    {
        var waiting = ActorRefs.NoSender;
        try
        {
            return await _queue.Ask<PollAnswer>(
                self => new WatchFile(this, waiting = self), timeout, CancellationToken.None);
        }
        catch (AskTimeoutException)
        {
            Unwatch(waiting!);
            return await PollAsync();
        }
    }

    /// <summary>
    /// Has a watcher told by one <see cref="PollAnswer"/> when something can be read: at once when it can now. For the next it asks again.
    /// </summary>
    public void Watch(IActorRef watcher) => _queue.Tell(new WatchFile(this, watcher), ActorRefs.NoSender);

    /// <summary>Takes back a <see cref="Watch"/>.</summary>
    public void Unwatch(IActorRef watcher) => _queue.Tell(new UnwatchFile(this, watcher), ActorRefs.NoSender);

    /// <summary>
    /// Takes over a reference on the file of the context, and closes that after itself: while an event file is open, its context's file
    /// is too (iommufd_eventq_init). At most once.
    /// </summary>
    public void Keep(IOpenFile context)
    {
        if (Interlocked.CompareExchange(ref _kept, context, null) is not null)
            throw new InvalidOperationException("an event file keeps one file open");
    }

    public void Closed()
    {
        _queue.Tell(EventFileClosed.Instance, ActorRefs.NoSender);
        Interlocked.Exchange(ref _kept, null)?.Closed();
    }

    private Task<Answer> Ask(FileCall call) => _queue.Ask<Answer>(call, _patience);
}
