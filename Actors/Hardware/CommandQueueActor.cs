using Akka.Actor;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Hardware;

/// <summary>
/// A hardware command queue: its only producer, and what moves its consumer. A batch is answered when its synchronization has
/// completed. With one step a turn, anything can happen in between; without that bound a batch runs to its end at once.
/// </summary>
internal sealed class CommandQueueActor(ICommandQueue queue, int stepsPerTurn) : UntypedActor
{
    private readonly Queue<(RunBatch Work, IActorRef Caller)> _waiting = new();
    private int _produced;
    private bool _continuing;

    public static Props Props(ICommandQueue queue, int stepsPerTurn) =>
        Akka.Actor.Props.Create(() => new CommandQueueActor(queue, stepsPerTurn));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RunBatch work:
                _waiting.Enqueue((work, Sender));
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

    private void Turn()
    {
        for (var steps = 0; _waiting.Count > 0; steps++)
        {
            if (steps == stepsPerTurn)
            {
                ComeBack();
                return;
            }
            var words = _waiting.Peek().Work.Batch.Words.Span;
            if (_produced < words.Length) _produced += queue.Produce(words[_produced..]);
            switch (queue.Step())
            {
                case QueueStep.Idle when _produced == words.Length:
                    Complete(Errno.None);
                    break;
                case QueueStep.Waiting:
                    // A transaction in flight is on another thread, which may be off its processor, or another actor's next turn.
                    Thread.Yield();
                    ComeBack();
                    return;
                case QueueStep.Stopped:
                    Complete(Errno.EIO);
                    break;
            }
        }
    }

    private void ComeBack()
    {
        _continuing = true;
        Self.Tell(Continue.Instance);
    }

    private void Complete(Errno errno)
    {
        var (work, caller) = _waiting.Dequeue();
        _produced = 0;
        // The owner first: when the caller has its answer, the call is over for everybody.
        work.Owner.Tell(work.Tag == BatchDone.Untagged && errno == Errno.None
            ? BatchDone.UntaggedSuccess : new BatchDone(work.Tag, errno));
        if (work.Answer is { } answer) caller.Tell(errno == Errno.None ? answer : new Answer(errno));
    }

    private sealed class Continue : INoSerializationVerificationNeeded
    {
        public static readonly Continue Instance = new();
    }
}
