using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>The first message of an actor's life.</summary>
public sealed class Create : SystemMessage
{
    public Create(ActorInitializationException? failure) => Failure = failure!;

    public ActorInitializationException Failure { get; }

    public override string ToString() => "<Create>" + (Failure is null ? "" : " Failure: " + Failure);
}
