namespace Akka.Actor;

/// <summary>The props of an actor that has stopped.</summary>
public class TerminatedProps : Props
{
    public override ActorBase NewActor() => throw new InvalidOperationException("This actor has been terminated");
}
