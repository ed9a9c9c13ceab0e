namespace Akka.Persistence.Sql.Database;

/// <summary>Does everything within the turn of the actor that asks: what a deterministic run needs.</summary>
internal sealed class InlineDatabase(ISqlDialect dialect, string connectionString) : SqlDatabase(dialect, connectionString)
{
    private SqlSession? _session;

    public override void Write(SqlWork work)
    {
        try
        {
            Commit(_session ??= Open(), [work]);
            work.Succeed();
        }
        catch (Exception cause)
        {
            Close();
            work.Fail(cause);
        }
    }

    public override Task<T> Read<T>(SqlSchema? schema, Func<SqlSession, T> query)
    {
        try
        {
            return Task.FromResult(Query(schema, query));
        }
        catch (Exception cause)
        {
            return Task.FromException<T>(cause);
        }
    }

    public override void Dispose()
    {
        Close();
        base.Dispose();
    }

    private void Close()
    {
        _session?.Dispose();
        _session = null;
    }
}
