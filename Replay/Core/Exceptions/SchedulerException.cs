namespace Akka.Actor;

/// <summary>The scheduler no longer takes work.</summary>
public class SchedulerException : AkkaException
{
    public SchedulerException(string message) : base(message) { }
}
