namespace Akka.Actor;

/// <summary>Thrown in an actor that receives <see cref="Kill"/>.</summary>
public class ActorKilledException : AkkaException
{
    public ActorKilledException() { }

    public ActorKilledException(string message) : base(message) { }
}
