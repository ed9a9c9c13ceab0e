namespace Akka.Actor.Scheduler;

/// <summary>A timer's message on its way through the mailbox, with what is needed to drop it when it is stale.</summary>
internal class TimerMessage(object key, int generation, TimerScheduler owner, object message)
    : IWrappedMessage, INoSerializationVerificationNeeded
{
    public object Key => key;

    public int Generation => generation;

    public TimerScheduler Owner => owner;

    public object Message => message;

    public override string ToString() => $"TimerMessage(key={key}, generation={generation}, message={message})";
}
