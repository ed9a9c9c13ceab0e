namespace Akka.Actor;

/// <summary>What a parent decides about a failed child.</summary>
public enum Directive
{
    Resume,
    Restart,
    Escalate,
    Stop,
}
