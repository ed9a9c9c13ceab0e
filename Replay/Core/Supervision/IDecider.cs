namespace Akka.Actor;

/// <summary>Maps a failure to a decision.</summary>
public interface IDecider
{
    Directive Decide(Exception cause);
}
