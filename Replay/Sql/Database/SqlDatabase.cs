namespace Akka.Persistence.Sql.Database;

/// <summary>One database as all plugins of an actor system share it. Work that fails leaves it able to take the next.</summary>
internal abstract class SqlDatabase(ISqlDialect dialect, string connectionString) : IDisposable
{
    private readonly HashSet<SqlSchema> _created = [];

    protected ISqlDialect Dialect => dialect;

    /// <summary>Takes work to be written; its task ends when it is durable.</summary>
    public abstract void Write(SqlWork work);

    /// <summary>Runs a query on a connection of its own.</summary>
    public abstract Task<T> Read<T>(SqlSchema? schema, Func<SqlSession, T> query);

    public virtual void Dispose() => dialect.Release(connectionString);

    protected SqlSession Open() => new(dialect.Open(connectionString));

    protected T Query<T>(SqlSchema? schema, Func<SqlSession, T> query)
    {
        using var session = Open();
        Create(schema, session);
        return query(session);
    }

    /// <summary>Runs work in one transaction, and rolls all of it back if any of it fails.</summary>
    protected void Commit(SqlSession session, ReadOnlySpan<SqlWork> batch)
    {
        foreach (var work in batch) Create(work.Schema, session);
        using var transaction = session.Connection.BeginTransaction();
        session.Transaction = transaction;
        try
        {
            foreach (var work in batch) work.Run(session);
            transaction.Commit();
        }
        finally
        {
            session.Transaction = null;
        }
    }

    private void Create(SqlSchema? schema, SqlSession session)
    {
        if (schema is not { } missing) return;
        lock (_created)
        {
            if (_created.Contains(missing)) return;
            using var command = session.Connection.CreateCommand();
            foreach (var statement in missing == SqlSchema.Journal ? dialect.CreateJournal : dialect.CreateSnapshots)
            {
                command.CommandText = statement;
                command.ExecuteNonQuery();
            }

            _created.Add(missing);
        }
    }
}
