using Akka.Actor;
using Iommu.Hardware.Queues;

namespace Iommu.Actors.Hardware;

/// <summary>
/// A hardware queue that a guest commands itself: a doorbell is a message, a drain is a batch. With one step a turn, anything can
/// happen in between; without that bound it gives way after so many commands (I9). Nobody is answered: the guest reads the registers.
/// </summary>
internal sealed class DrainActor(IDoorbellQueue queue, int stepsPerTurn) : UntypedActor
{
    /// <summary>Some tens of microseconds.</summary>
    private const int StepsPerTurnMax = 512;

    private readonly int _stepsPerTurn = Math.Min(stepsPerTurn, StepsPerTurnMax);
    private bool _continuing;
    private bool _answered;

    public static Props Props(IDoorbellQueue queue, int stepsPerTurn) =>
        Akka.Actor.Props.Create(() => new DrainActor(queue, stepsPerTurn));

    // What a ring holds when the hardware comes up is drained from where its own indices are.
    protected override void PreStart()
    {
        var self = Self;
        queue.Rung = () => self.Tell(Doorbell.Instance, ActorRefs.NoSender);
        self.Tell(Doorbell.Instance, ActorRefs.NoSender);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Doorbell:
                _answered = false;
                if (!_continuing) Drain();
                break;
            case Continue:
                _continuing = false;
                Drain();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // The doorbell is answered when the ring is empty, and the ring looked at once more: what came before the answer did not ring.
    private void Drain()
    {
        for (var steps = 0; steps < _stepsPerTurn; steps++)
        {
            switch (queue.Step())
            {
                case QueueStep.Progress:
                    break;
                case QueueStep.Waiting:
                    // A transaction in flight is on another thread, which may be off its processor, or another actor's next turn.
                    Thread.Yield();
                    ComeBack();
                    return;
                case var _ when _answered:
                    return;
                default:
                    queue.Answer();
                    _answered = true;
                    break;
            }
        }
        ComeBack();
    }

    private void ComeBack()
    {
        _continuing = true;
        Self.Tell(Continue.Instance);
    }

    private sealed class Doorbell : INoSerializationVerificationNeeded
    {
        public static readonly Doorbell Instance = new();
    }

    private sealed class Continue : INoSerializationVerificationNeeded
    {
        public static readonly Continue Instance = new();
    }
}
