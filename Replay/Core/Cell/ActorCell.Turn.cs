using Akka.Actor.Internal;
using Iommu.Replay;

namespace Akka.Actor;

public partial class ActorCell : IRunnableTurn
{
    string ITurn.Actor => _self.Path.ToStringWithoutAddress();

    object? ITurn.Message
    {
        get
        {
            if (LatestSystemMessage is { } latest)
            {
                var first = latest;
                while (first.Next is { } earlier) first = earlier;
                return first;
            }
            return _unstashed is { Count: > 0 } front ? front.Peek().Message : _mail.Peek();
        }
    }

    /// <summary>Pending system messages, or else one ordinary message.</summary>
    void IRunnableTurn.Take()
    {
        var previous = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            if (HasSystemMessages) ProcessSystemMessages();
            else if (_obstacles == 0 && TryTake(out var message, out var sender)) Invoke(message, sender);
            if (IsTerminated) DrainToDeadLetters();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = previous;
        }
        EndTurn();
    }

    /// <summary>Takes back the request for a turn that could not be used.</summary>
    internal void ForgoTurn() => Volatile.Write(ref _scheduled, 0);
}
