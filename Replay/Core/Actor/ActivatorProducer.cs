using System.Reflection;

namespace Akka.Actor.Internal;

/// <summary>Calls the public constructor that fits the arguments.</summary>
internal sealed class ActivatorProducer(Type actorType, object[] args) : IIndirectActorProducer
{
    public Type ActorType => actorType;

    public ActorBase Produce() => (ActorBase)(args.Length == 0
        ? Activator.CreateInstance(actorType)!
        : Activator.CreateInstance(actorType, BindingFlags.Public | BindingFlags.Instance | BindingFlags.OptionalParamBinding, null, args, null)!);

    public void Release(ActorBase actor) { }
}
