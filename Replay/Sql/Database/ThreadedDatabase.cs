namespace Akka.Persistence.Sql.Database;

/// <summary>
/// Writes on threads of its own, one for each connection: what comes while a transaction is under way goes together into the
/// next, so that many writers share a commit. Reads run on the thread pool.
/// </summary>
internal sealed class ThreadedDatabase : SqlDatabase
{
    private readonly Queue<SqlWork> _waiting = new();
    private readonly SqlWriterSettings _settings;
    private readonly List<Thread> _writers = [];
    private int _failures;
    private int _idle;
    private bool _closed;

    public ThreadedDatabase(ISqlDialect dialect, string connectionString, SqlWriterSettings settings) : base(dialect, connectionString)
    {
        _settings = settings;
        for (var i = 0; i < Math.Min(settings.Parallelism, dialect.WritersMax); i++)
        {
            var writer = new Thread(WriteUntilClosed) { IsBackground = true, Name = "sql-writer-" + i };
            _writers.Add(writer);
            writer.Start();
        }
    }

    public override void Write(SqlWork work)
    {
        Exception? refusal = null;
        lock (_waiting)
        {
            if (_closed) refusal = new ObjectDisposedException("The database is closed: its actor system has terminated.");
            else if (_waiting.Count >= _settings.BufferSize) refusal = new InvalidOperationException(
                $"{_waiting.Count} writes are waiting already, buffer-size allows no more.");
            else _waiting.Enqueue(work);
            if (_idle > 0) Monitor.Pulse(_waiting);
        }

        if (refusal is not null) work.Fail(refusal);
    }

    public override Task<T> Read<T>(SqlSchema? schema, Func<SqlSession, T> query) =>
        Task.Run(() => Query(schema, query));

    public override void Dispose()
    {
        lock (_waiting)
        {
            _closed = true;
            Monitor.PulseAll(_waiting);
        }

        foreach (var writer in _writers)
            if (writer != Thread.CurrentThread) writer.Join();
        base.Dispose();
    }

    private void WriteUntilClosed()
    {
        SqlSession? session = null;
        var batch = new List<SqlWork>();
        var failures = 0;
        while (TakeBatch(batch))
        {
            if (failures != Volatile.Read(ref _failures))
            {
                // The database has failed another writer: this one's connection is likely to be lost too.
                session?.Dispose();
                session = null;
                failures = Volatile.Read(ref _failures);
            }
            WriteBatch(batch, ref session);
            batch.Clear();
        }

        session?.Dispose();
    }

    /// <summary>Waits for work and takes as much as goes into one transaction. False when there will be none.</summary>
    private bool TakeBatch(List<SqlWork> batch)
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0)
            {
                if (_closed) return false;
                _idle++;
                Monitor.Wait(_waiting);
                _idle--;
            }

            var weight = 0;
            while (_waiting.TryPeek(out var next) && (weight == 0 || weight + next.Weight <= _settings.BatchSize))
            {
                batch.Add(_waiting.Dequeue());
                weight += next.Weight;
            }

            return true;
        }
    }

    private void WriteBatch(List<SqlWork> batch, ref SqlSession? session)
    {
        var failure = TryCommit(batch, ref session);
        if (failure is not null && batch.Count > 1 && Dialect.IsConstraintViolation(failure))
        {
            // One of them asks for what cannot be: alone, each of the others gets what it would have got.
            foreach (var work in batch) End(work, TryCommit([work], ref session));
            return;
        }

        foreach (var work in batch) End(work, failure);
    }

    /// <summary>A session that has failed is not used again: its connection may be lost, its statements stale.</summary>
    private Exception? TryCommit(List<SqlWork> batch, ref SqlSession? session)
    {
        try
        {
            session ??= Open();
            Commit(session, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch));
            return null;
        }
        catch (Exception cause)
        {
            session?.Dispose();
            session = null;
            if (!Dialect.IsConstraintViolation(cause)) Interlocked.Increment(ref _failures);
            return cause;
        }
    }

    private static void End(SqlWork work, Exception? failure)
    {
        if (failure is null) work.Succeed();
        else work.Fail(failure);
    }
}
