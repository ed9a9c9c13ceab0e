namespace Akka.Actor;

public abstract partial class ActorSystem
{
    private Serialization.Serialization? _serialization;

    public Serialization.Serialization Serialization =>
        LazyInitializer.EnsureInitialized(ref _serialization, () => new Serialization.Serialization((ExtendedActorSystem)this));
}
