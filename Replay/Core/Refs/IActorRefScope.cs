namespace Akka.Actor;

/// <summary>Says whether a reference points into this process.</summary>
public interface IActorRefScope
{
    bool IsLocal { get; }
}
