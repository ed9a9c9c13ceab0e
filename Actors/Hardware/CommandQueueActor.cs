using Akka.Actor;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Hardware;

/// <summary>
/// A hardware command queue: its only producer, and what moves its consumer. A batch is answered when its synchronization has
/// completed. With one step a turn, anything can happen in between; without that bound a short batch runs to its end at once. Owners
/// take turns of so many commands, so that none waits for all of another's (I9); what one owner asks for stays in order.
/// </summary>
internal sealed class CommandQueueActor(ICommandQueue queue, int stepsPerTurn) : UntypedActor
{
    /// <summary>Of 64 commands of 16 bytes, as many as the kernel issues at once (CMDQ_BATCH_ENTRIES).</summary>
    private const int SliceWords = 128;

    private readonly List<OwnerWork> _owners = [];
    private bool _continuing;

    public static Props Props(ICommandQueue queue, int stepsPerTurn) =>
        Akka.Actor.Props.Create(() => new CommandQueueActor(queue, stepsPerTurn));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RunBatch work:
                Add(work);
                if (!_continuing) Turn();
                break;
            case Continue:
                _continuing = false;
                Turn();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Add(RunBatch work)
    {
        var owner = _owners.Find(known => known.Owner.Equals(work.Owner));
        if (owner is null) _owners.Add(owner = new OwnerWork(work.Owner));
        owner.Batches.Enqueue((work, Sender));
    }

    private void Turn()
    {
        for (var steps = 0; _owners.Count > 0; steps++)
        {
            if (steps == stepsPerTurn)
            {
                ComeBack();
                return;
            }
            var current = _owners[0];
            var slice = current.Slice;
            if (current.Produced < slice) current.Produced += queue.Produce(current.Words[current.Produced..slice]);
            switch (queue.Step())
            {
                case QueueStep.Idle when current.Produced == current.Words.Length:
                    Complete(current, Errno.None);
                    break;
                case QueueStep.Idle when current.Produced == slice:
                    current.SliceStart = slice;
                    GiveWay(current);
                    // Who else has come meanwhile is in the mailbox.
                    ComeBack();
                    return;
                case QueueStep.Waiting:
                    // A transaction in flight is on another thread, which may be off its processor, or another actor's next turn.
                    Thread.Yield();
                    ComeBack();
                    return;
                case QueueStep.Stopped:
                    Complete(current, Errno.EIO);
                    break;
            }
        }
    }

    private void ComeBack()
    {
        _continuing = true;
        Self.Tell(Continue.Instance);
    }

    private void GiveWay(OwnerWork current)
    {
        _owners.RemoveAt(0);
        if (current.Batches.Count > 0) _owners.Add(current);
    }

    private void Complete(OwnerWork current, Errno errno)
    {
        var (work, caller) = current.Batches.Dequeue();
        current.Produced = current.SliceStart = 0;
        GiveWay(current);
        // The owner first: when the caller has its answer, the call is over for everybody.
        work.Owner.Tell(work.Tag == BatchDone.Untagged && errno == Errno.None
            ? BatchDone.UntaggedSuccess : new BatchDone(work.Tag, errno));
        if (work.Answer is { } answer) caller.Tell(errno == Errno.None ? answer : new Answer(errno));
    }

    /// <summary>What one owner waits for, the first batch in the ring as far as <see cref="Produced"/>.</summary>
    private sealed class OwnerWork(IActorRef owner)
    {
        public IActorRef Owner => owner;

        public Queue<(RunBatch Work, IActorRef Caller)> Batches { get; } = new();

        public int Produced { get; set; }

        public int SliceStart { get; set; }

        public ReadOnlySpan<ulong> Words => Batches.Peek().Work.Batch.Words.Span;

        /// <summary>Where this turn of the owner's ends.</summary>
        public int Slice => Math.Min(Words.Length, SliceStart + SliceWords);
    }

    private sealed class Continue : INoSerializationVerificationNeeded
    {
        public static readonly Continue Instance = new();
    }
}
