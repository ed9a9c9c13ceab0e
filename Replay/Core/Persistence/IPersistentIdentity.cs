namespace Akka.Persistence;

/// <summary>Under which name, and by which plugins, an actor is kept. An empty plugin id means the configured default.</summary>
public interface IPersistentIdentity
{
    string PersistenceId { get; }

    string JournalPluginId { get; }

    string SnapshotPluginId { get; }
}
