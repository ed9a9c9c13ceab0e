using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.TestKit.Internal;

/// <summary>Gives what follows an await in a test the same implicit sender as what came before it.</summary>
internal sealed class TestSynchronizationContext(ActorCell? cell) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ => Run(d, state));

    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    public override SynchronizationContext CreateCopy() => this;

    private void Run(SendOrPostCallback d, object? state)
    {
        var (oldCell, oldContext) = (InternalCurrentActorCellKeeper.Current, Current);
        InternalCurrentActorCellKeeper.Current = cell!;
        SetSynchronizationContext(this);
        try
        {
            d(state);
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = oldCell;
            SetSynchronizationContext(oldContext);
        }
    }
}
