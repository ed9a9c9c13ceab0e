namespace Akka.Actor;

public partial class ActorCell
{
    private Receive? _behavior;
    private Stack<Receive>? _lowerBehaviors;

    public void Become(Receive receive) => _behavior = receive;

    public void BecomeStacked(Receive receive)
    {
        if (_behavior is { } lower) (_lowerBehaviors ??= new Stack<Receive>()).Push(lower);
        _behavior = receive;
    }

    public void UnbecomeStacked()
    {
        if (_lowerBehaviors is { Count: > 0 } stack) _behavior = stack.Pop();
    }

    void IUntypedActorContext.Become(UntypedReceive receive) => Become(Handling(receive));

    void IUntypedActorContext.BecomeStacked(UntypedReceive receive) => BecomeStacked(Handling(receive));

    private static Receive Handling(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    private void ClearBehaviors()
    {
        _behavior = null;
        _lowerBehaviors = null;
    }
}
