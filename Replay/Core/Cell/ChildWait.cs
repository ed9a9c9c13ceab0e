namespace Akka.Actor.Internal;

/// <summary>What an actor does when the children that it is stopping have stopped.</summary>
internal enum ChildWait
{
    None,
    Recreation,
    Creation,
    Termination,
}
