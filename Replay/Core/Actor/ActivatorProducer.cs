using System.Reflection;

namespace Akka.Actor.Internal;

/// <summary>Calls the public constructor that fits the arguments.</summary>
internal sealed class ActivatorProducer(Type actorType, object[] args) : IIndirectActorProducer
{
    private const BindingFlags ConstructorKind = BindingFlags.Public | BindingFlags.Instance | BindingFlags.OptionalParamBinding;

    public Type ActorType => actorType;

    public ActorBase Produce() => (ActorBase)(args.Length == 0
        ? Activator.CreateInstance(actorType)!
        : Activator.CreateInstance(actorType, ConstructorKind, null, args, null)!);

    public void Release(ActorBase actor) { }
}
