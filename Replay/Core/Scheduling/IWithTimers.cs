namespace Akka.Actor;

/// <summary>Gives an actor timers that end with it.</summary>
public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}
