using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Iommu.Actors;

namespace Iommu.TestKit.Journals;

/// <summary>A journal in a <see cref="MemoryStore"/>.</summary>
/// <param name="config">The plugin's.</param>
public sealed class MemoryJournal(Config config) : KeptJournal
{
    private readonly MemoryStore _store = MemoryStore.Of(config);

    protected override ImmutableList<IPersistentRepresentation> Stream(string persistenceId) => _store.Stream(persistenceId);

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages) =>
        _store.TryWrite(messages) ? Task.FromResult<IImmutableList<Exception>>(null!)
            // Who has written it will never hear of it: the machine is off.
            : new TaskCompletionSource<IImmutableList<Exception>>().Task;
}

/// <summary>What a journal in memory holds, for as long as the actor systems that come and go on it. Any thread may call it.</summary>
internal sealed class MemoryStore : IDisposable
{
    private static readonly ConcurrentDictionary<string, MemoryStore> Stores = new();
    private static int _made;

    private readonly string _name = $"memory {Interlocked.Increment(ref _made)}";
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, ImmutableList<IPersistentRepresentation>> _streams;
    private bool _isOff;

    /// <param name="left">What a machine before has left; null for nothing.</param>
    public MemoryStore(MemoryStore? left = null)
    {
        _streams = left?._streams ?? ImmutableDictionary<string, ImmutableList<IPersistentRepresentation>>.Empty;
        Stores[_name] = this;
    }

    /// <summary>For an actor system on it.</summary>
    public Config Config => ConfigurationFactory.ParseString($$"""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.persistence.journal.plugin = "memory"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.discard"
        memory.class = "{{typeof(MemoryJournal).AssemblyQualifiedName}}"
        memory.store = "{{_name}}"
        """).WithFallback(SimulatorConfig.Defaults);

    public static MemoryStore Of(Config plugin) => Stores[plugin.GetString("store")];

    public ImmutableList<IPersistentRepresentation> Stream(string stream)
    {
        lock (_lock) return _streams.GetValueOrDefault(stream) ?? [];
    }

    /// <summary>False when it is off already: nothing is written then.</summary>
    public bool TryWrite(IEnumerable<AtomicWrite> writes)
    {
        lock (_lock)
        {
            if (_isOff) return false;
            foreach (var write in writes)
            {
                // An event of a journal names nobody of the process that has written it.
                var events = ((IImmutableList<IPersistentRepresentation>)write.Payload)
                    .Select(it => it.Update(it.SequenceNr, it.PersistenceId, false, ActorRefs.NoSender, it.WriterGuid));
                _streams = _streams.SetItem(
                    write.PersistenceId, (_streams.GetValueOrDefault(write.PersistenceId) ?? []).AddRange(events));
            }
            return true;
        }
    }

    /// <summary>The power is off: what is written from now on is not.</summary>
    public void SwitchOff()
    {
        lock (_lock) _isOff = true;
    }

    public void Dispose() => Stores.TryRemove(_name, out _);
}
