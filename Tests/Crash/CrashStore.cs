using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Snapshot;
using Akka.Persistence;
using Iommu.Actors;
using Iommu.Persistence.Serialization;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Journals;

namespace Iommu.Tests.Crash;

/// <summary>A journal and snapshots in memory, which outlive the systems that write them, and the faults planted in them.</summary>
internal sealed class CrashStore
{
    private static readonly ConcurrentDictionary<string, CrashStore> Stores = new();
    private static int _made;

    private TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CrashStore()
    {
        var name = $"crash store {Interlocked.Increment(ref _made)}";
        Stores[name] = this;
        Config = ConfigurationFactory.ParseString($$"""
            akka.persistence.journal.plugin = "crash-journal"
            akka.persistence.snapshot-store.plugin = "crash-snapshots"
            crash-journal.class = "{{typeof(CrashStoreJournal).AssemblyQualifiedName}}"
            crash-journal.store = "{{name}}"
            crash-snapshots.class = "{{typeof(CrashStoreSnapshots).AssemblyQualifiedName}}"
            crash-snapshots.store = "{{name}}"
            """).WithFallback(SimulatorConfig.None);
    }

    public Config Config { get; }

    /// <summary>Events that are acknowledged and are not written, as if the code forgot them.</summary>
    public Func<object, bool> Drops { get; set; } = _ => false;

    /// <summary>What becomes of a snapshot.</summary>
    public Func<EventList, EventList> Saves { get; set; } = list => list;

    /// <summary>Writes until the journal takes no more for ever, as if the process had been killed then; negative for never.</summary>
    public int WritesLeft { get; set; } = -1;

    /// <summary>Ends when the journal holds a write for ever.</summary>
    public Task Held => _held.Task;

    public int Snapshots { get; private set; }

    private ConcurrentDictionary<string, ImmutableList<IPersistentRepresentation>> Streams { get; } = new();

    private ConcurrentDictionary<string, SelectedSnapshot> Kept { get; } = new();

    /// <summary>The process is gone, and the next one writes.</summary>
    public void Revive()
    {
        WritesLeft = -1;
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal static CrashStore Of(Config config) => Stores[config.GetString("store")];

    internal ImmutableList<IPersistentRepresentation> Stream(string persistenceId) => Streams.GetValueOrDefault(persistenceId) ?? [];

    internal Task WriteAsync(string persistenceId, IEnumerable<IPersistentRepresentation> written)
    {
        if (WritesLeft == 0)
        {
            _held.TrySetResult();
            return new TaskCompletionSource().Task;
        }
        if (WritesLeft > 0) WritesLeft--;
        var kept = written.Select(it => Drops(it.Payload) ? it.WithPayload(InertEvent.InPlaceOf(it.Payload)) : it).ToImmutableList();
        Streams.AddOrUpdate(persistenceId, kept, (_, before) => before.AddRange(kept));
        return Task.CompletedTask;
    }

    internal void Save(SnapshotMetadata metadata, object snapshot)
    {
        Snapshots++;
        Kept[metadata.PersistenceId] = new SelectedSnapshot(metadata, Saves((EventList)snapshot));
    }

    internal SelectedSnapshot? Load(string persistenceId) => Kept.GetValueOrDefault(persistenceId);
}

public sealed class CrashStoreJournal(Config config) : KeptJournal
{
    private readonly CrashStore _store = CrashStore.Of(config);

    protected override ImmutableList<IPersistentRepresentation> Stream(string persistenceId) => _store.Stream(persistenceId);

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        foreach (var write in messages)
            await _store.WriteAsync(write.PersistenceId, (IImmutableList<IPersistentRepresentation>)write.Payload);
        return null!;
    }
}

public sealed class CrashStoreSnapshots(Config config) : SnapshotStore
{
    private readonly CrashStore _store = CrashStore.Of(config);

    protected override Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromResult(_store.Load(persistenceId)!);

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        _store.Save(metadata, snapshot);
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) => Task.CompletedTask;

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.CompletedTask;
}
