using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

/// <summary>
/// Deletes events up to and with a sequence number. The last of them stays, marked as deleted, so that the highest sequence
/// number ever written can still be read.
/// </summary>
internal sealed class DeleteRows(string persistenceId, long toSequenceNr) : SqlWork
{
    public override int Weight => 1;

    public override void Run(SqlSession session)
    {
        session.Execute(JournalStatements.MarkDeleted, true, persistenceId, toSequenceNr);
        if (session.Command(JournalStatements.HighestDeleted, persistenceId).ExecuteScalar() is long last)
            session.Execute(JournalStatements.Delete, persistenceId, toSequenceNr, last);
        session.Execute(JournalStatements.DeleteTags, persistenceId, toSequenceNr);
    }
}
