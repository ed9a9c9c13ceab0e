using Akka.Actor;
using Akka.Configuration;

namespace Akka.Persistence;

/// <summary>The persistence extension of an actor system: <c>Persistence.Instance.Apply(system)</c>.</summary>
public class Persistence : ExtensionIdProvider<PersistenceExtension>
{
    // Read once: a search makes an actor system for each of its schedules.
    private static readonly Lazy<Config> Defaults =
        new(() => ConfigurationFactory.FromResource<Persistence>("Akka.Persistence.persistence.conf"));

    public static Persistence Instance { get; } = new();

    public override PersistenceExtension CreateExtension(ExtendedActorSystem system) => new(system);

    /// <summary>Every key of akka.persistence with its default.</summary>
    public static Config DefaultConfig() => Defaults.Value;
}
