using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Journal;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

/// <summary>
/// The journal in SQLite or PostgreSQL, with Akka.Persistence.Sql's tables. When the database fails, the writes and replays that
/// needed it fail with the cause; the journal takes the next ones, and serves them when the database can.
/// </summary>
public class SqlWriteJournal : AsyncWriteJournal
{
    private readonly ConcurrentDictionary<string, Task> _writeInProgress = new();
    private readonly JournalSettings _settings;
    private readonly SqlDatabase _database;
    private readonly EventSerializer _serializer;
    private readonly ITimeProvider _clock = Context.System.Scheduler;

    public SqlWriteJournal(Config journalConfig)
    {
        _settings = new JournalSettings(journalConfig);
        _database = SqlDatabases.Of(Context.System).Get(_settings.Dialect, _settings.ConnectionString, _settings.Writer);
        var writerUuid = Persistence.Instance.Apply(Context.System).NewGuid().ToString("N");
        _serializer = new EventSerializer(Context.System.Serialization, _settings.DefaultSerializer, writerUuid);
    }

    private SqlSchema? Schema => _settings.AutoInitialize ? SqlSchema.Journal : null;

    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        // An earlier incarnation's write may still be under way: whether it succeeds must be known first.
        if (_writeInProgress.TryGetValue(persistenceId, out var write))
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return await _database.Read(Schema, session => JournalQueries.Highest(session, persistenceId, fromSequenceNr));
    }

    public override Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) =>
        ReplayAsync(persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback, () => Task.CompletedTask);

    internal override Task ReplayInPartsAsync(IActorContext context, ReplayMessages request, long toSequenceNr,
        Action<IPersistentRepresentation> callback, Func<Task> partTaken) =>
        ReplayAsync(request.PersistenceId, request.FromSequenceNr, toSequenceNr, request.Max, callback, partTaken);

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var rows = new List<JournalRow>();
        var rejections = Serialize(messages, rows);
        if (rows.Count > 0) await WriteAsync(rows);
        return rejections;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr)
    {
        var delete = new DeleteRows(persistenceId, toSequenceNr) { Schema = Schema };
        _database.Write(delete);
        return delete.Done;
    }

    /// <summary>A write of which one event cannot be serialized is rejected whole.</summary>
    private ImmutableArray<Exception> Serialize(IEnumerable<AtomicWrite> writes, List<JournalRow> rows)
    {
        var now = _clock.Now.UtcTicks;
        var rejections = ImmutableArray.CreateBuilder<Exception>();
        foreach (var write in writes)
        {
            var before = rows.Count;
            try
            {
                foreach (var persistent in write.Events) rows.Add(_serializer.ToRow(persistent, now));
                rejections.Add(null!);
            }
            catch (Exception cause)
            {
                rows.RemoveRange(before, rows.Count - before);
                rejections.Add(cause);
            }
        }

        return rejections.ToImmutable();
    }

    private async Task WriteAsync(List<JournalRow> rows)
    {
        var append = new AppendRows(rows) { Schema = Schema };
        var underWay = KeyValuePair.Create(rows[0].PersistenceId, append.Done);
        _writeInProgress[underWay.Key] = underWay.Value;
        _database.Write(append);
        try
        {
            await append.Done;
        }
        finally
        {
            _writeInProgress.TryRemove(underWay);
        }
    }

    /// <summary>
    /// Reads in pages, of which the next is read while one is handed over, and is never more than three of them ahead of the actor.
    /// </summary>
    private async Task ReplayAsync(string persistenceId, long from, long to, long max, Action<IPersistentRepresentation> callback,
        Func<Task> partTaken)
    {
        var previous = Task.CompletedTask;
        for (var reading = ReadPage(persistenceId, from, to, max); reading is not null;)
        {
            var (page, limit) = await reading;
            max -= page.Count;
            reading = page.Count < limit ? null : ReadPage(persistenceId, page[^1].SequenceNumber + 1, to, max);
            foreach (var row in page) callback(_serializer.FromRow(row));
            if (reading is null) return;
            var taken = partTaken();
            await previous;
            previous = taken;
        }
    }

    /// <summary>Null when nothing more is asked for.</summary>
    private Task<(List<JournalRow> Rows, int Limit)>? ReadPage(string persistenceId, long from, long to, long max)
    {
        if (max <= 0 || from > to) return null;
        var limit = (int)Math.Min(max, _settings.ReplayBatchSize);
        return _database.Read(Schema, session => (JournalQueries.Page(session, persistenceId, from, to, limit), limit));
    }
}
