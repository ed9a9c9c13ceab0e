namespace Akka.Actor;

/// <summary>What the timer of an Ask sends to it.</summary>
internal sealed class AskExpired(TimeSpan after)
{
    public TimeSpan After => after;

    public override string ToString() => $"AskExpired after {after.TotalSeconds:F3}s";
}
