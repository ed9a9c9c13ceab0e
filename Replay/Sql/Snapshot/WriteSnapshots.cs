using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Snapshot;

/// <summary>One statement on the table snapshot.</summary>
internal sealed class WriteSnapshots(SqlStatement statement, params object[] values) : SqlWork
{
    public override int Weight => 1;

    public override void Run(SqlSession session) => session.Execute(statement, values);
}
