namespace Akka.Actor.Internal;

/// <summary>Calls a function.</summary>
internal sealed class FactoryProducer(Type actorType, Func<ActorBase> factory) : IIndirectActorProducer
{
    public Type ActorType => actorType;

    public ActorBase Produce() => factory();

    public void Release(ActorBase actor) { }
}
