namespace Akka.Persistence.Sql.Database;

/// <summary>Something to write: it happens whole or not at all, alone in a transaction or with others.</summary>
internal abstract class SqlWork
{
    private readonly TaskCompletionSource _done = new();

    /// <summary>Rows, as far as they count against a batch.</summary>
    public abstract int Weight { get; }

    /// <summary>Which tables it needs; null where the configuration says not to create any.</summary>
    public required SqlSchema? Schema { get; init; }

    public Task Done => _done.Task;

    public abstract void Run(SqlSession session);

    public void Succeed() => _done.TrySetResult();

    public void Fail(Exception cause) => _done.TrySetException(cause);
}
