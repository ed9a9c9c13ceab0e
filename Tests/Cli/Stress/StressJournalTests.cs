using Iommu.Actors;
using Iommu.Cli.Stress;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Cli.Stress;

/// <summary>What becomes of the journal of an earlier run.</summary>
public sealed class StressJournalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Standard => _folder["stress.db"];

    private string Previous => _folder["stress.previous.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_standard_journal_of_an_earlier_run_is_kept_as_the_previous_one()
    {
        Write(Standard, "CREATE TABLE journal(first)");

        StressJournal.SetAside(Standard, Previous);

        Assert.False(File.Exists(Standard));
        Assert.False(File.Exists(Standard + "-wal"));
        Assert.Equal("journal", Tables(Previous));
    }

    [Fact]
    public void What_only_the_write_ahead_log_holds_goes_with_it()
    {
        using (var killed = Open(Standard))
        {
            Execute(killed, "PRAGMA journal_mode=WAL; CREATE TABLE journal(first); CREATE TABLE second(x)");
            foreach (var end in new[] { "", "-wal" }) File.Copy(Standard + end, _folder["killed.db"] + end);
        }

        StressJournal.SetAside(_folder["killed.db"], Previous);

        Assert.Equal("journal,second", Tables(Previous));
    }

    [Fact]
    public void The_standard_journal_of_a_run_that_goes_on_is_left_to_it()
    {
        using var running = Open(Standard);
        Execute(running, "PRAGMA journal_mode=WAL; CREATE TABLE journal(first)");

        var e = Assert.Throws<JournalException>(() => StressJournal.SetAside(Standard, Previous));

        Assert.Contains("another process has this journal open", e.Message);
        Assert.True(File.Exists(Standard));
    }

    [Fact]
    public void Where_there_is_no_journal_nothing_is_set_aside()
    {
        StressJournal.SetAside(Standard, Previous);

        Assert.False(File.Exists(Previous));
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Write(string path, string sql)
    {
        using var connection = Open(path);
        Execute(connection, $"PRAGMA journal_mode=WAL; {sql}");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Tables(string path)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'";
        return (string)command.ExecuteScalar()!;
    }
}
