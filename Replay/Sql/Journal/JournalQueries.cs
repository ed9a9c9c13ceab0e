using System.Data;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

internal static class JournalQueries
{
    /// <summary>0 where there is none above the start.</summary>
    public static long Highest(SqlSession session, string persistenceId, long fromSequenceNr) =>
        session.Command(JournalStatements.Highest, persistenceId, fromSequenceNr).ExecuteScalar() as long? ?? 0;

    /// <summary>At most so many rows of the range, both bounds in it, in their order.</summary>
    public static List<JournalRow> Page(SqlSession session, string persistenceId, long fromSequenceNr, long toSequenceNr, int limit)
    {
        var rows = new List<JournalRow>();
        using var reader = session.Command(JournalStatements.Page, persistenceId, fromSequenceNr, toSequenceNr, limit).ExecuteReader();
        while (reader.Read()) rows.Add(Row(reader, persistenceId));
        return rows;
    }

    private static JournalRow Row(IDataReader reader, string persistenceId) => new(
        Created: reader.GetInt64(0),
        PersistenceId: persistenceId,
        SequenceNumber: reader.GetInt64(1),
        Message: (byte[])reader.GetValue(2),
        Manifest: reader.IsDBNull(3) ? "" : reader.GetString(3),
        Identifier: reader.IsDBNull(4) ? null : reader.GetInt32(4),
        WriterUuid: reader.IsDBNull(5) ? null : reader.GetString(5));
}
