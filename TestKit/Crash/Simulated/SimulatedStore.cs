using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Iommu.Actors;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// A database in memory that outlives the actor systems on it. What a crash does to it, as SQLite and PostgreSQL do:
/// <list type="bullet">
/// <item>What was confirmed is there.</item>
/// <item>A request that was under way is lost, or is there though its writer was never told. A request of several writes is torn only
/// between them: each is one transaction.</item>
/// <item>Requests of different streams may be in transactions of different connections: any of them may be there without the others.
/// Those of one stream are there in their order.</item>
/// <item>What is made again is refused: a sequence number is there once.</item>
/// <item>A snapshot is one row: it is there or not.</item>
/// </list>
/// A commit and its confirmation are turns of the journal, so that a run can be stopped before, between, and after them.
/// </summary>
internal sealed class SimulatedStore : IDisposable
{
    private static readonly ConcurrentDictionary<string, SimulatedStore> Stores = new();
    private static int _made;

    private readonly string _name = $"simulated {Interlocked.Increment(ref _made)}";

    /// <param name="durable">What a crash has left; nothing without.</param>
    /// <param name="faults">What it does wrong.</param>
    public SimulatedStore(SimulatedDatabase? durable = null, StoreFaults? faults = null)
    {
        (Durable, Faults) = (durable ?? SimulatedDatabase.Empty, faults ?? StoreFaults.None);
        Stores[_name] = this;
    }

    public StoreFaults Faults { get; }

    public SimulatedDatabase Durable { get; private set; }

    /// <summary>Requests that are not durable yet.</summary>
    public ImmutableList<SimulatedWrite> Pending { get; private set; } = [];

    /// <summary>Requests that are over, and whose writers do not know it yet.</summary>
    public ImmutableList<SimulatedWrite> Unconfirmed { get; private set; } = [];

    /// <summary>Events that were read back.</summary>
    public int ReplayedTotal { get; private set; }

    /// <summary>Changes whenever what a crash would leave does.</summary>
    public int Version { get; private set; }

    /// <summary>Requests that there were.</summary>
    public int WritesTotal { get; private set; }

    /// <summary>For an actor system on it.</summary>
    public Config Config => ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.plugin = "simulated"
        akka.persistence.snapshot-store.plugin = "simulated-snapshots"
        simulated.class = "{{typeof(SimulatedJournal).AssemblyQualifiedName}}"
        simulated.store = "{{_name}}"
        simulated-snapshots.class = "{{typeof(SimulatedSnapshots).AssemblyQualifiedName}}"
        simulated-snapshots.store = "{{_name}}"
        """).WithFallback(SimulatorConfig.None);

    public static SimulatedStore Of(Config plugin) => Stores[plugin.GetString("store")];

    public SimulatedWrite Begin(IEnumerable<AtomicWrite> writes)
    {
        var write = new SimulatedWrite(++WritesTotal, [.. writes]);
        Pending = Pending.Add(write);
        Version++;
        return write;
    }

    public void Commit(SimulatedWrite write)
    {
        Pending = Pending.Remove(write);
        Unconfirmed = Unconfirmed.Add(write);
        Version++;
        var isLost = write.Number == Faults.LosesConnectionAt;
        if (isLost) write.Failure = new IOException("the connection is lost");
        if (isLost && !Faults.AfterCommit) return;
        try
        {
            Durable = Durable.With(write.Stream, Kept(write.First(write.Writes.Length)));
        }
        catch (InvalidOperationException refused)
        {
            write.Failure = refused;
        }
    }

    public void Confirm(SimulatedWrite write)
    {
        Unconfirmed = Unconfirmed.Remove(write);
        write.Confirm();
    }

    /// <summary>Ends when the last request of a stream is confirmed, or has failed.</summary>
    public async Task WrittenAsync(string stream)
    {
        foreach (var write in Unconfirmed.Concat(Pending).Where(write => write.Stream == stream).ToList())
            await ((Task)write.Confirmed).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Replaying() => ReplayedTotal++;

    public void Save(string stream, long sequenceNr, object state)
    {
        Durable = Durable.WithSnapshot(stream, sequenceNr, Faults.Spoils(state));
        Version++;
    }

    /// <summary>Everything that a crash at this moment can leave: with all lost that is under way first, with all durable last.</summary>
    public IEnumerable<SimulatedDatabase> AfterCrash()
    {
        IEnumerable<SimulatedDatabase> left = [Durable];
        foreach (var stream in Pending.GroupBy(write => write.Stream))
        {
            var writes = stream.SelectMany(write => Enumerable.Range(1, write.Writes.Length).Select(count =>
                Kept([.. write.First(count).Skip(write.First(count - 1).Count())]))).ToList();
            left = left.SelectMany(database => Prefixes(database, stream.Key, writes));
        }
        return left;
    }

    public void Dispose() => Stores.TryRemove(_name, out _);

    private static IEnumerable<SimulatedDatabase> Prefixes(
        SimulatedDatabase database, string stream, List<List<IPersistentRepresentation>> writes)
    {
        yield return database;
        foreach (var write in writes) yield return database = database.With(stream, write);
    }

    private List<IPersistentRepresentation> Kept(IEnumerable<IPersistentRepresentation> events) =>
        [.. events.Select(it => Faults.Forgets(it.Payload) ? it.WithPayload(InertEvent.InPlaceOf(it.Payload)) : it)];
}
