using Akka.Configuration;
using Akka.Persistence.Sql.Database;

namespace Akka.Persistence.Sql.Journal;

/// <summary>The section of a journal of this plugin, with Akka.Persistence.Sql's keys and defaults.</summary>
internal sealed class JournalSettings
{
    public JournalSettings(Config config)
    {
        Dialect = SqlDialect.Named(config.GetString("provider-name"));
        ConnectionString = SqlSettings.ConnectionString(config);
        AutoInitialize = config.GetBoolean("auto-initialize", true);
        DefaultSerializer = config.GetString("serializer");
        ReplayBatchSize = config.GetInt("replay-batch-size", 1000);
        Writer = new SqlWriterSettings(
            config.GetInt("batch-size", SqlWriterSettings.Default.BatchSize),
            config.GetInt("buffer-size", SqlWriterSettings.Default.BufferSize),
            config.GetInt("parallelism", SqlWriterSettings.Default.Parallelism));
        SqlSettings.Require(config, "table-mapping", "default");
        SqlSettings.Require(config, "tag-write-mode", "TagTable");
        SqlSettings.Require(config, "delete-compatibility-mode", "false", "off");
    }

    public ISqlDialect Dialect { get; }

    public string ConnectionString { get; }

    public bool AutoInitialize { get; }

    /// <summary>The serializer of types that nothing but object is bound for; null for the one of object.</summary>
    public string? DefaultSerializer { get; }

    /// <summary>Events read by one query of a recovery.</summary>
    public int ReplayBatchSize { get; }

    public SqlWriterSettings Writer { get; }
}
