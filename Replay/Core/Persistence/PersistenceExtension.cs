using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Serialization;

namespace Akka.Persistence;

/// <summary>Starts the plugins of an actor system, each with the first actor that needs it.</summary>
public class PersistenceExtension : IExtension
{
    private const string NoSnapshotStore = "akka.persistence.no-snapshot-store";

    private readonly ExtendedActorSystem _system;
    private readonly Config _root;
    private readonly Config _config;
    private readonly Lazy<IActorRef> _recoveryPermitter;
    private readonly ConcurrentDictionary<string, Lazy<IActorRef>> _plugins = new();
    private int _instances;

    public PersistenceExtension(ExtendedActorSystem system)
    {
        _system = system;
        _root = system.Settings.Config.WithFallback(Persistence.DefaultConfig());
        _config = _root.GetConfig("akka.persistence");
        _recoveryPermitter = new Lazy<IActorRef>(() =>
        {
            var permits = _config.GetInt("max-concurrent-recoveries");
            return system.SystemActorOf(Props.Create(() => new RecoveryPermitter(permits)), "recoveryPermitter");
        });
    }

    public IStashOverflowStrategy DefaultInternalStashOverflowStrategy => ThrowOverflowExceptionStrategy.Instance;

    public string PersistenceId(IActorRef actor) => actor.Path.ToStringWithoutAddress();

    /// <summary>The journal of that configuration path; the default journal where it is null or empty.</summary>
    public IActorRef JournalFor(string journalPluginId) => Plugin(JournalPath(journalPluginId), JournalConfig);

    /// <summary>The snapshot store of that configuration path; the default one where it is null or empty.</summary>
    public IActorRef SnapshotStoreFor(string snapshotPluginId)
    {
        var path = string.IsNullOrEmpty(snapshotPluginId) ? _config.GetString("snapshot-store.plugin") : snapshotPluginId;
        return Plugin(string.IsNullOrEmpty(path) ? NoSnapshotStore : path, SnapshotStoreConfig);
    }

    internal IActorRef RecoveryPermitter => _recoveryPermitter.Value;

    /// <summary>From the seed in a deterministic run.</summary>
    internal Guid NewGuid() => ((ActorSystemImpl)_system).Runtime.NewGuid();

    internal int NextInstanceId() => Interlocked.Increment(ref _instances);

    internal TimeSpan RecoveryEventTimeout(string? journalPluginId) =>
        JournalConfig(JournalPath(journalPluginId)).GetTimeSpan("recovery-event-timeout", allowInfinite: false);

    internal Config JournalConfig(string path) => PluginConfig(path, "journal-plugin-fallback");

    private Config SnapshotStoreConfig(string path) => PluginConfig(path, "snapshot-store-plugin-fallback");

    private string JournalPath(string? pluginId) => !string.IsNullOrEmpty(pluginId) ? pluginId
        : _config.GetString("journal.plugin") is { Length: > 0 } configured ? configured
        : throw new ConfigurationException("akka.persistence.journal.plugin is empty, expected the path of a journal's configuration.");

    private Config PluginConfig(string path, string fallback) =>
        _root.GetConfig(path)?.WithFallback(_config.GetConfig(fallback)) ?? throw new ArgumentException(
            $"Persistence config is missing plugin config path for: {path}");

    private IActorRef Plugin(string path, Func<string, Config> configOf) =>
        _plugins.GetOrAdd(path, p => new Lazy<IActorRef>(() => Start(p, configOf(p)))).Value;

    private IActorRef Start(string path, Config config)
    {
        var className = config.GetString("class");
        if (string.IsNullOrEmpty(className))
            throw new ArgumentException($"Plugin class name must be defined in config property [{path}.class]");
        var type = TypeNames.Find(className) ?? throw new ConfigurationException(
            $"{path}.class is '{className}', expected the name of a journal or snapshot store with its assembly.");
        var arguments = type.GetConstructor([typeof(Config)]) is null ? Array.Empty<object>() : [config];
        return _system.SystemActorOf(Props.Create(type, arguments), path);
    }
}
