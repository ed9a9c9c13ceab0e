namespace Akka.Actor;

/// <summary>Death watch.</summary>
public interface ICanWatch
{
    /// <summary>Asks for one <see cref="Terminated"/> when the subject has stopped.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>As Watch, with a message of one's own in place of Terminated.</summary>
    IActorRef WatchWith(IActorRef subject, object message);

    IActorRef Unwatch(IActorRef subject);
}
