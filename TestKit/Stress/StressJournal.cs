using Akka.Configuration;
using Iommu.Actors;
using Microsoft.Data.Sqlite;

namespace Iommu.TestKit.Stress;

/// <summary>The journal of a run: none, or a SQLite file that may hold earlier runs, to which this one is added.</summary>
internal sealed class StressJournal
{
    private readonly string? _path;
    private readonly long _before;

    /// <exception cref="StressException">The file cannot be used.</exception>
    public StressJournal(string? path)
    {
        _path = path;
        try
        {
            Config = path is null ? SimulatorConfig.None : SimulatorConfig.Sqlite(path);
            _before = LastOrdering();
        }
        catch (JournalException e)
        {
            throw new StressException(e.Message, e);
        }
    }

    public Config Config { get; }

    /// <summary>Distinguishes the contexts of this run from those of earlier ones.</summary>
    public string ContextPrefix => _before == 0 ? "" : $"run after {_before}, ";

    /// <summary>Events that were written since.</summary>
    public long CountEvents() => LastOrdering() - _before;

    private long LastOrdering()
    {
        if (_path is null) return 0;
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'journal'";
        if ((long)command.ExecuteScalar()! == 0) return 0;
        command.CommandText = "SELECT coalesce(max(ordering), 0) FROM journal";
        return (long)command.ExecuteScalar()!;
    }
}
