using System.Linq.Expressions;
using Akka.Actor.Internal;
using Akka.Util;

namespace Akka.Actor;

/// <summary>How to create an actor: type, arguments, strategy. Immutable; arguments are evaluated once, here.</summary>
public class Props : IEquatable<Props>, ISurrogated
{
    public static readonly Props None = null!;

    private static readonly object[] NoArguments = [];

    private readonly IIndirectActorProducer _producer;

    public Props() : this(new MissingProducer(), Deploy.Local, NoArguments) { }

    public Props(Type type) : this(type, NoArguments) { }

    public Props(Type type, object[] args) : this(ProducerOf(type, args), Deploy.Local, args) { }

    internal Props(IIndirectActorProducer producer, Deploy deploy, object[]? args)
    {
        _producer = producer;
        Deploy = deploy;
        Arguments = args ?? NoArguments;
    }

    public Type Type => _producer.ActorType;

    public string TypeName => Type.AssemblyQualifiedName!;

    public object[] Arguments { get; }

    public Deploy Deploy { get; protected set; }

    public string Dispatcher =>
        Deploy.Dispatcher == Deploy.NoDispatcherGiven ? Dispatch.Dispatchers.DefaultDispatcherId : Deploy.Dispatcher;

    public string Mailbox => Deploy.Mailbox;

    public SupervisorStrategy SupervisorStrategy { get; protected set; } = null!;

    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null)
        where TActor : ActorBase
    {
        if (factory.Body is UnaryExpression)
            return new Props(new FactoryProducer(typeof(TActor), factory.Compile()), Deploy.Local, NoArguments);
        if (factory.Body is not NewExpression construction)
            throw new ArgumentException("The create function must be a 'new T (args)' expression");
        var args = ConstructorArguments.Of(construction);
        return new Props(new ActivatorProducer(typeof(TActor), args), Deploy.Local, args) { SupervisorStrategy = supervisorStrategy! };
    }

    public static Props Create<TActor>(params object[] args) where TActor : ActorBase =>
        new(new ActivatorProducer(typeof(TActor), args), Deploy.Local, args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy) where TActor : ActorBase, new() =>
        new(new ActivatorProducer(typeof(TActor), NoArguments), Deploy.Local, NoArguments) { SupervisorStrategy = supervisorStrategy };

    public static Props Create(Type type, params object[] args) => new(type, args);

    public static Props CreateBy(IIndirectActorProducer producer, params object[] args) => new(producer, Deploy.Local, args);

    public Props WithMailbox(string mailbox) => With(Deploy.WithMailbox(mailbox));

    public Props WithDispatcher(string dispatcher) => With(Deploy.WithDispatcher(dispatcher));

    public Props WithStashCapacity(int stashCapacity) => With(Deploy.WithStashCapacity(stashCapacity));

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy)
    {
        var copy = Copy();
        copy.SupervisorStrategy = supervisorStrategy;
        return copy;
    }

    public virtual ActorBase NewActor()
    {
        try
        {
            return _producer.Produce();
        }
        catch (Exception e)
        {
            throw new TypeLoadException(
                $"Error while creating actor instance of type {Type} with {Arguments.Length} args: ({string.Join(",", Arguments)})", e);
        }
    }

    public bool Equals(Props? other) =>
        other is not null && Type == other.Type && Deploy.Equals(other.Deploy) && Arguments.Length == other.Arguments.Length;

    public override bool Equals(object? obj) => Equals(obj as Props);

    public override int GetHashCode() => Type.GetHashCode();

    public ISurrogate ToSurrogate(ActorSystem system) => new PropsSurrogate { Type = Type, Arguments = Arguments };

    protected virtual Props Copy() => new(_producer, Deploy, Arguments) { SupervisorStrategy = SupervisorStrategy };

    internal void Release(ActorBase actor) => _producer.Release(actor);

    private Props With(Deploy deploy)
    {
        var copy = Copy();
        copy.Deploy = deploy;
        return copy;
    }

    private static IIndirectActorProducer ProducerOf(Type type, object[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (typeof(IIndirectActorProducer).IsAssignableFrom(type)) return (IIndirectActorProducer)Activator.CreateInstance(type, args)!;
        if (typeof(ActorBase).IsAssignableFrom(type)) return new ActivatorProducer(type, args);
        throw new ArgumentException($"Unknown actor producer [{type.FullName}]", nameof(type));
    }

    /// <summary>The written form.</summary>
    public class PropsSurrogate : ISurrogate
    {
        public Type Type { get; set; } = null!;

        public object[] Arguments { get; set; } = [];

        public ISurrogated FromSurrogate(ActorSystem system) => new Props(Type, Arguments);
    }
}
