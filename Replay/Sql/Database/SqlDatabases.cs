using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Persistence.Sql.Database;

/// <summary>The databases of an actor system. A journal and a snapshot store with one connection string share one, and never wait
/// for each other's lock.</summary>
internal sealed class SqlDatabases : IExtension
{
    private readonly Dictionary<(ISqlDialect Dialect, string ConnectionString), SqlDatabase> _open = [];
    private readonly bool _deterministic;

    public SqlDatabases(ExtendedActorSystem system)
    {
        _deterministic = ((ActorSystemImpl)system).Runtime.IsDeterministic;
        system.RegisterOnTermination(Close);
    }

    public static SqlDatabases Of(ActorSystem system) => new Provider().Apply(system);

    public SqlDatabase Get(ISqlDialect dialect, string connectionString, SqlWriterSettings settings)
    {
        lock (_open)
        {
            if (!_open.TryGetValue((dialect, connectionString), out var database))
                _open[(dialect, connectionString)] = database = _deterministic
                    ? new InlineDatabase(dialect, connectionString)
                    : new ThreadedDatabase(dialect, connectionString, settings);
            return database;
        }
    }

    private void Close()
    {
        lock (_open)
        {
            foreach (var database in _open.Values) database.Dispose();
            _open.Clear();
        }
    }

    private sealed class Provider : ExtensionIdProvider<SqlDatabases>
    {
        public override SqlDatabases CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
