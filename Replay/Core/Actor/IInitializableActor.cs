namespace Akka.Actor.Internal;

/// <summary>An actor that needs a step between its constructor and its first message.</summary>
public interface IInitializableActor
{
    void Init();
}
