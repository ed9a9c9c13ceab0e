namespace Akka.Persistence.Sql.Database;

/// <summary>Tables that are created together where they are missing.</summary>
internal enum SqlSchema
{
    Journal,
    Snapshots,
}
