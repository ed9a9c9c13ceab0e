namespace Akka.Actor.Internal;

/// <summary>Props that name no actor.</summary>
internal sealed class MissingProducer : IIndirectActorProducer
{
    public Type ActorType => typeof(ActorBase);

    public ActorBase Produce() => throw new InvalidOperationException("No actor producer specified!");

    public void Release(ActorBase actor) { }
}
