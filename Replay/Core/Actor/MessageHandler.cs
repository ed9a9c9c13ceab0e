namespace Akka.Actor.Internal;

/// <summary>One registered handler: a message type, perhaps a condition, and what to do.</summary>
internal abstract class MessageHandler
{
    public abstract Type MessageType { get; }

    /// <summary>True when no later handler of the same type can be reached.</summary>
    public abstract bool CatchesAll { get; }

    /// <summary>Called with instances of <see cref="MessageType"/> only.</summary>
    public abstract bool TryHandle(object message);
}
