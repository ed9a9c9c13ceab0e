using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// Who waits for an answer of one context, to be told EIO when nobody answers any more. Who has been answered is not taken out, which
/// would cost each call as much as all the rest of it: one that comes later takes the place.
/// </summary>
internal sealed class WaitingCalls
{
    private const int PlacesTried = 4;

    private readonly Lock _growing = new();
    // What stands in a segment stays there: a larger one comes before it, and nothing is moved.
    private Segment _newest = new(16, null);
    private bool _lost;

    public bool AreLost => Volatile.Read(ref _lost);

    /// <summary>Asks, and answers EIO when the context is lost before its answer. Any thread may call it.</summary>
    public Task<Answer> Ask(IActorRef target, object message, TimeSpan patience)
    {
        var wait = new Wait(message);
        wait.Asked = target.Ask<Answer>(wait.Begin, patience, CancellationToken.None);
        Note(wait);
        if (AreLost) wait.GiveUp();
        return wait.Asked;
    }

    /// <summary>Nobody answers any more. What is asked at this moment sees that, or is seen here.</summary>
    public void Lose()
    {
        Volatile.Write(ref _lost, true);
        Interlocked.MemoryBarrier();
        for (var segment = Volatile.Read(ref _newest); segment is not null; segment = segment.Older)
            foreach (ref var place in segment.Places.AsSpan())
                Volatile.Read(ref place)?.GiveUp();
    }

    private void Note(Wait wait)
    {
        while (true)
        {
            var segment = Volatile.Read(ref _newest);
            for (var tries = 0; tries < PlacesTried; tries++)
                if (segment.TryNote(wait)) return;
            lock (_growing)
                if (_newest == segment) Volatile.Write(ref _newest, new Segment(2 * segment.Places.Length, segment));
        }
    }

    private sealed class Segment(int places, Segment? older)
    {
        private int _next;

        public Wait?[] Places { get; } = new Wait?[places];

        public Segment? Older => older;

        /// <summary>A full fence when it is noted. False when the place that is next is taken.</summary>
        public bool TryNote(Wait wait)
        {
            ref var place = ref Places[Interlocked.Increment(ref _next) & (Places.Length - 1)];
            var before = Volatile.Read(ref place);
            return before is null or { IsOver: true } && Interlocked.CompareExchange(ref place, wait, before) == before;
        }
    }

    private sealed class Wait(object message)
    {
        private object? _message = message;
        private IActorRef _caller = ActorRefs.Nobody;

        public Task<Answer> Asked { get; set; } = null!;

        public bool IsOver => Asked.IsCompleted;

        /// <summary>The message is not kept: it may be large.</summary>
        public object Begin(IActorRef caller)
        {
            _caller = caller;
            var begun = _message!;
            _message = null;
            return begun;
        }

        public void GiveUp()
        {
            if (!IsOver) _caller.Tell((Answer)Errno.EIO, ActorRefs.NoSender);
        }
    }
}
