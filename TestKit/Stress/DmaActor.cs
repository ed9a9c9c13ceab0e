using Akka.Actor;

namespace Iommu.TestKit.Stress;

/// <summary>A device that does DMA whenever it has the bus, and passes the bus on.</summary>
internal sealed class DmaActor : UntypedActor
{
    private readonly DmaEngine _engine;
    private readonly WorkerCounters _counters;
    private readonly bool _stepwise;
    private IActorRef _next = ActorRefs.Nobody;
    private bool _paused;

    public DmaActor(DmaEngine engine, WorkerCounters counters, bool stepwise) =>
        (_engine, _counters, _stepwise) = (engine, counters, stepwise);

    /// <param name="engine">What it does.</param>
    /// <param name="counters">Its own.</param>
    /// <param name="stepwise">One step of a transaction a turn, instead of a burst.</param>
    public static Props Props(DmaEngine engine, WorkerCounters counters, bool stepwise) =>
        Akka.Actor.Props.Create(() => new DmaActor(engine, counters, stepwise));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BusTurn turn when !_paused:
                if (_stepwise) Step();
                else Burst();
                PassOn(turn);
                break;
            case BusTurn:
                break;
            case Neighbour neighbour:
                _next = neighbour.Next;
                break;
            case Work:
                _paused = false;
                break;
            case Pause:
                _paused = true;
                _engine.Finish();
                Context.Parent.Tell(Paused.Instance);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Burst()
    {
        _engine.Burst(_engine.TransactionsPerBurst);
        _counters.AddTranslations(_engine.TransactionsPerBurst);
    }

    private void Step()
    {
        if (_engine.Step()) _counters.AddTranslations(1);
    }

    /// <summary>
    /// At full speed by way of the thread pool's shared queue: a message would go to the thread's own, which is served first and last
    /// in first out, and devices that tell each other without an end would keep the thread from timers, the journal, everybody.
    /// </summary>
    private void PassOn(BusTurn turn)
    {
        if (_stepwise) _next.Tell(turn);
        else ThreadPool.UnsafeQueueUserWorkItem(static next => next.Tell(BusTurn.Instance, ActorRefs.NoSender), _next, preferLocal: false);
    }

    /// <summary>Who has the bus next.</summary>
    internal sealed record Neighbour(IActorRef Next);
}
