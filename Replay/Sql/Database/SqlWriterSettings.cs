namespace Akka.Persistence.Sql.Database;

/// <summary>How work is gathered into transactions: rows in one, works waiting, and transactions at the same time, at most.</summary>
internal sealed record SqlWriterSettings(int BatchSize, int BufferSize, int Parallelism)
{
    public static SqlWriterSettings Default { get; } = new(BatchSize: 100, BufferSize: 5000, Parallelism: 3);
}
