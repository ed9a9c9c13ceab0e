using System.Data;
using System.Data.Common;

namespace Akka.Persistence.Sql.Database;

/// <summary>A connection with the commands that have been prepared on it.</summary>
internal sealed class SqlSession(DbConnection connection) : IDisposable
{
    private readonly Dictionary<SqlStatement, DbCommand> _prepared = [];

    /// <summary>Null between transactions.</summary>
    public DbTransaction? Transaction { get; set; }

    public DbConnection Connection { get; } = connection;

    /// <summary>The statement as a command with its parameters in their order; it stays this session's, and is prepared once.</summary>
    public DbCommand Command(SqlStatement statement)
    {
        if (!_prepared.TryGetValue(statement, out var command)) _prepared[statement] = command = Prepare(statement);
        command.Transaction = Transaction;
        return command;
    }

    public DbCommand Command(SqlStatement statement, params ReadOnlySpan<object> values)
    {
        var command = Command(statement);
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        return command;
    }

    public int Execute(SqlStatement statement, params ReadOnlySpan<object> values) => Command(statement, values).ExecuteNonQuery();

    public void Dispose()
    {
        foreach (var command in _prepared.Values) command.Dispose();
        Connection.Dispose();
    }

    private DbCommand Prepare(SqlStatement statement)
    {
        var command = Connection.CreateCommand();
        command.CommandText = statement.Text;
        foreach (var (name, type) in statement.Parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.DbType = type;
            parameter.Value = DBNull.Value;
            command.Parameters.Add(parameter);
        }

        command.Transaction = Transaction;
        command.Prepare();
        return command;
    }
}

/// <summary>SQL with its parameters, each <c>@name</c>, in the order in which values are given.</summary>
internal sealed class SqlStatement(string text, params (string Name, DbType Type)[] parameters)
{
    public string Text { get; } = text;

    public IReadOnlyList<(string Name, DbType Type)> Parameters { get; } = parameters;
}
