using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>
/// Unbounded first-in first-out queue for many writers and one reader, without locks. A writer that has reserved a slot but
/// not yet filled it hides later slots from the reader; it schedules the reader when it is done, so none is lost.
/// Mutable struct: use in place only.
/// </summary>
internal struct MailQueue
{
    private const int FirstLength = 4;
    private const int LongestLength = 1024;

    private MailSegment? _head;
    private MailSegment? _tail;
    private int _taken;

    /// <summary>Publishes with a full fence, so that the caller may read the reader's state next.</summary>
    public void Enqueue(object message, IActorRef? sender)
    {
        while (true)
        {
            var segment = Volatile.Read(ref _tail) ?? First();
            var slots = segment.Slots;
            var index = Interlocked.Increment(ref segment.Reserved) - 1;
            if ((uint)index < (uint)slots.Length)
            {
                ref var slot = ref slots[index];
                slot.Sender = sender;
                Interlocked.Exchange(ref slot.Message, message);
                return;
            }
            Extend(segment);
        }
    }

    /// <summary>Reader only.</summary>
    public bool TryDequeue(out object message, out IActorRef? sender)
    {
        var segment = Volatile.Read(ref _head);
        while (segment is not null)
        {
            var slots = segment.Slots;
            if ((uint)_taken < (uint)slots.Length)
            {
                ref var slot = ref slots[_taken];
                message = Volatile.Read(ref slot.Message)!;
                sender = slot.Sender;
                if (message is null) return false;
                slot = default;
                _taken++;
                return true;
            }
            segment = Advance(segment);
        }
        message = null!;
        sender = null;
        return false;
    }

    /// <summary>
    /// For the reader, or for whoever has just stopped being it: then the next reader may be at work already, and the answer
    /// may be wrong, which is harmless since that reader will ask again.
    /// </summary>
    public readonly bool HasMessages
    {
        get
        {
            var segment = Volatile.Read(in _head);
            if (segment is null) return false;
            var taken = Volatile.Read(in _taken);
            if (taken < segment.Slots.Length) return Volatile.Read(ref segment.Slots[taken].Message) is not null;
            return Volatile.Read(ref segment.Next) is { } next && Volatile.Read(ref next.Slots[0].Message) is not null;
        }
    }

    /// <summary>Reader only: the next message, or null.</summary>
    public readonly object? Peek()
    {
        var segment = _head;
        if (segment is null) return null;
        return _taken < segment.Slots.Length ? segment.Slots[_taken].Message : segment.Next?.Slots[0].Message;
    }

    public readonly int Count
    {
        get
        {
            var count = -_taken;
            for (var segment = _head; segment is not null; segment = segment.Next)
                count += Math.Min(segment.Reserved, segment.Slots.Length);
            return Math.Max(0, count);
        }
    }

    private MailSegment First()
    {
        Interlocked.CompareExchange(ref _head, new MailSegment(FirstLength), null);
        Interlocked.CompareExchange(ref _tail, _head, null);
        return _tail!;
    }

    private MailSegment? Advance(MailSegment segment)
    {
        var next = Volatile.Read(ref segment.Next);
        if (next is null) return null;
        _head = next;
        _taken = 0;
        return next;
    }

    // A reader that keeps up needs no longer segments; one that lags behind gets twice the length each time.
    private void Extend(MailSegment full)
    {
        if (Volatile.Read(ref full.Next) is null)
        {
            var lagging = !ReferenceEquals(Volatile.Read(ref _head), full);
            var length = full.Slots.Length < 32 || lagging ? Math.Min(full.Slots.Length * 2, LongestLength) : full.Slots.Length;
            Interlocked.CompareExchange(ref full.Next, new MailSegment(length), null);
        }
        Interlocked.CompareExchange(ref _tail, full.Next, full);
    }
}
