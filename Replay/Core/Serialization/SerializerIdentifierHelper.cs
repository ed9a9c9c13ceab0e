using Akka.Actor;
using Akka.Configuration;

namespace Akka.Serialization;

public static class SerializerIdentifierHelper
{
    private const string Path = "akka.actor.serialization-identifiers";

    /// <exception cref="ArgumentException">No identifier is configured for the type.</exception>
    public static int GetSerializerIdentifierFromConfig(Type type, ExtendedActorSystem system)
    {
        var identifiers = system.Settings.Config.GetConfig(Path) ?? Config.Empty;
        foreach (var (name, value) in identifiers.Entries)
            if (TypeNames.Find(name) == type) return identifiers.GetInt($"\"{name}\"");
        throw new ArgumentException($"No identifier is configured for {type}, expected one under {Path}.", nameof(type));
    }
}
