using System.Data.Common;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

/// <summary>Appends what one persistent actor wants written.</summary>
internal sealed class AppendRows(IReadOnlyList<JournalRow> rows) : SqlWork
{
    public override int Weight => rows.Count;

    public override void Run(SqlSession session)
    {
        if (rows.Count > 1 && session.Connection.CanCreateBatch && rows.All(row => row.Tags.Count == 0))
        {
            AppendTogether(session);
            return;
        }

        foreach (var row in rows)
            if (row.Tags.Count > 0) AppendTagged(session, row);
            else Filled(session, JournalStatements.Append, row).ExecuteNonQuery();
    }

    private static DbCommand Filled(SqlSession session, SqlStatement statement, JournalRow row)
    {
        var command = session.Command(statement);
        Fill(command.Parameters, row);
        return command;
    }

    private static void Fill(DbParameterCollection parameters, JournalRow row)
    {
        parameters[0].Value = row.Created;
        parameters[1].Value = false;
        parameters[2].Value = row.PersistenceId;
        parameters[3].Value = row.SequenceNumber;
        parameters[4].Value = row.Message;
        parameters[5].Value = row.Manifest;
        parameters[6].Value = row.Identifier is { } identifier ? identifier : DBNull.Value;
        parameters[7].Value = row.WriterUuid is { } writer ? writer : DBNull.Value;
    }

    private static void AppendTagged(SqlSession session, JournalRow row)
    {
        var ordering = (long)Filled(session, JournalStatements.AppendTagged, row).ExecuteScalar()!;
        foreach (var tag in row.Tags)
            session.Execute(JournalStatements.Tag, ordering, tag, row.SequenceNumber, row.PersistenceId);
    }

    /// <summary>One round trip for all rows, where the database is a network away.</summary>
    private void AppendTogether(SqlSession session)
    {
        using var batch = session.Connection.CreateBatch();
        batch.Transaction = session.Transaction;
        foreach (var row in rows)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = JournalStatements.Append.Text;
            foreach (var (name, type) in JournalStatements.Append.Parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.DbType = type;
                command.Parameters.Add(parameter);
            }

            Fill(command.Parameters, row);
            batch.BatchCommands.Add(command);
        }

        batch.Prepare();
        batch.ExecuteNonQuery();
    }
}
