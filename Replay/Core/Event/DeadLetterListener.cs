using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Event;

/// <summary>Logs dead letters, up to the configured number.</summary>
internal sealed class DeadLetterListener(ActorSystemImpl system) : MinimalActorRef
{
    private int _count;

    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", system.Name)).Child("deadLetterListener");

    public override IActorRefProvider Provider => system.Provider;

    protected override void TellInternal(object message, IActorRef? sender)
    {
        if (message is not AllDeadLetters letter || message is SuppressedDeadLetter) return;
        if (system.EventStream.LogLevel > LogLevel.InfoLevel || letter.Message is IDeadLetterSuppression) return;
        if (!system.Settings.LogDeadLettersDuringShutdown && system.IsTerminating) return;
        var count = Interlocked.Increment(ref _count);
        if (count > system.Settings.LogDeadLetters) return;
        var what = WrappedMessage.Unwrap(letter.Message);
        var fate = letter is UnhandledMessage ? "unhandled" : "not delivered";
        var text = $"Message [{what.GetType().Name}] from {letter.Sender} to {letter.Recipient} was {fate}. "
            + $"[{count}] dead letters encountered. Message content: {what}";
        system.EventStream.Publish(new Info(letter.Recipient.Path.ToString(), letter.Recipient.GetType(), text));
    }
}
