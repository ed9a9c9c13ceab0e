namespace Akka.Actor.Scheduler;

/// <summary>A timer's message that leaves the receive time-out alone, as the message in it does.</summary>
internal sealed class QuietTimerMessage(object key, int generation, TimerScheduler owner, object message)
    : TimerMessage(key, generation, owner, message), INotInfluenceReceiveTimeout;
