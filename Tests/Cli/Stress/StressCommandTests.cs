using System.Text.Json;
using Iommu.Cli.Stress;
using Iommu.Persistence.Events;
using Iommu.TestKit.Stress;
using Iommu.Tests.Cli.Graph;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Cli.Stress;

public sealed class StressCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--guests", "x", "--guests is 'x'; it takes a number from 0 to 64")]
    [InlineData("--guests", "65", "--guests is '65'")]
    [InlineData("--vcpus", "0", "--vcpus is '0'; it takes a number from 1 to 64")]
    [InlineData("--devices", "-1", "--devices is '-1'")]
    [InlineData("--seconds", "0", "--seconds is '0'; it takes a number from 0.1 to 604800")]
    [InlineData("--seconds", "NaN", "--seconds is 'NaN'")]
    [InlineData("--ops", "0", "--ops is '0'")]
    [InlineData("--seed", "1.5", "--seed is '1.5'")]
    [InlineData("--hardware", "vax", "--hardware is 'vax'; it takes smmuv3, tegra241, amd, vtd, or the path of an assembly")]
    [InlineData("--fault", "drop", "--fault is 'drop'; it takes drop-invalidation, delay-invalidation")]
    [InlineData("--fault", "early-sync@0", "--fault is 'early-sync@0'")]
    [InlineData("--fault", "early-sync@1@2", "--fault is 'early-sync@1@2'")]
    [InlineData("--fault", "0@1", "--fault is '0@1'")]
    [InlineData("--bogus", "1", "'--bogus' is no command or option")]
    [InlineData("extra", "1", "'extra' is no command or option")]
    public async Task A_bad_flag_is_refused_with_what_would_be_right(string flag, string value, string says)
    {
        var fake = new FakeRun();

        (await CommandRun.OfAsync(fake.Runner, "stress", flag, value)).AssertRefused(says, "iommu stress --help");

        Assert.Null(fake.Asked);
    }

    [Theory]
    [InlineData("--seconds and --ops", "--seconds", "1", "--ops", "5")]
    [InlineData("nobody to run", "--guests", "0", "--guest", "none")]
    [InlineData("no/such", "--guest", "no/such/capture")]
    [InlineData("--json", "--json", "/")]
    [InlineData("--report", "--report", "/dev/null/x.html")]
    [InlineData("--json and --report name one file", "--json", "same", "--report", "./same")]
    [InlineData("--journal takes a SQLite file", "--guest", "none", "--journal", "Host=127.0.0.1;Database=d")]
    [InlineData("--journal and --json name one file", "--journal", "same", "--json", "same")]
    public async Task What_cannot_be_done_is_refused_before_the_run(string says, params string[] args)
    {
        var fake = new FakeRun();

        (await CommandRun.OfAsync(fake.Runner, ["stress", .. args])).AssertRefused(says);

        Assert.Null(fake.Asked);
    }

    [Fact]
    public async Task No_command_is_refused() => (await CommandRun.OfAsync()).AssertRefused("iommu --help");

    [Fact]
    public async Task An_unknown_command_is_refused() => (await CommandRun.OfAsync("stres")).AssertRefused("'stres' is no command");

    [Fact]
    public async Task What_is_typed_is_what_runs()
    {
        var fake = new FakeRun();

        await CommandRun.OfAsync(fake.Runner, "stress", "--guests", "3", "--vcpus", "4", "--devices", "5", "--ops", "6", "--seed", "7",
            "--journal", "none", "--guest", "none", "--fault", "early-sync@8");

        Assert.Equivalent(new StressOptions
        {
            Guests = 3, Vcpus = 4, Devices = 5, Duration = null, Operations = 6, Seed = 7, Journal = null, Captures = [],
            Fault = new PlantedFault(FaultKind.EarlySync, 8),
        }, fake.Asked, strict: true);
    }

    [Theory]
    [InlineData("drop-invalidation", FaultKind.DropInvalidation, 100, 100)]
    [InlineData("drop-invalidation@5", FaultKind.DropInvalidation, 5, 0)]
    [InlineData("early-sync@70000", FaultKind.EarlySync, 70000, 0)]
    [InlineData("delay-invalidation", FaultKind.DelayInvalidation, 100, 100)]
    [InlineData("duplicate-invalidation", FaultKind.DuplicateInvalidation, 100, 100)]
    [InlineData("atc-timeout@3", FaultKind.AtcTimeout, 3, 0)]
    [InlineData("repeat-tlbi", FaultKind.RepeatTlbi, 100, 100)]
    public async Task A_fault_is_planted_once_where_it_is_numbered_and_else_again_and_again(
        string typed, FaultKind kind, long at, long every)
    {
        var fake = new FakeRun();

        await CommandRun.OfAsync(fake.Runner, "stress", "--journal", "none", "--guest", "none", "--fault", typed);

        Assert.Equal(new PlantedFault(kind, at, every), fake.Asked!.Fault);
    }

    [Fact]
    public async Task A_run_that_holds_ends_with_its_figures_and_exit_0()
    {
        var run = await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", "none", "--guest", "none");

        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.All(["2,464,207", "1,971,366", "17.4 µs", "163.2 µs", "5,120.7 µs", "43,210", "40,111", "ENOENT 3,401, EBUSY 120", "I8",
            "held: every checked invariant, for 5.0 s"], part => Assert.Contains(part, run.Output));
        Assert.DoesNotContain("BROKEN", run.Output);
    }

    [Fact]
    public async Task The_banner_names_version_runtime_hardware_seed_and_journal()
    {
        var journal = _folder["mine.db"];

        var run = await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", journal, "--guest", "none", "--seed", "77");

        var runtime = typeof(Akka.Actor.ActorSystem).Assembly.GetName().Name == "Akka" ? "Akka.NET 1.5.30" : "Replay";
        Assert.Matches(@"Iommu     \d+\.\d+\.\d+", run.Output);
        Assert.Contains($"runtime   {runtime}", run.Output);
        Assert.Contains("hardware  smmuv3", run.Output);
        Assert.Contains("seed      77, for 5 s", run.Output);
        Assert.Contains($"journal   {journal}", run.Output);
    }

    [Fact]
    public async Task Without_a_terminal_progress_is_a_plain_line_a_second()
    {
        var run = await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", "none", "--guest", "none");

        var lines = run.Output.Split('\n').Where(line => line.Contains("control ops/s")).ToList();
        Assert.Equal(5, lines.Count);
        Assert.StartsWith("   1.0 s  ", lines[0]);
        Assert.DoesNotContain("\u001b", run.Output);
    }

    [Fact]
    public async Task A_violation_ends_with_exit_1_its_name_its_details_the_seed_and_the_command()
    {
        var fake = new FakeRun { Result = FakeRun.Broken() };

        var run = await CommandRun.OfAsync(
            fake.Runner, "stress", "--journal", "none", "--guest", "none", "--seed", "9", "--fault", "drop-invalidation");

        Assert.Equal(1, run.Exit);
        Assert.Contains("I8 broken: guest-0 <device> 2: iova 0x40001000", run.Output);
        Assert.Contains("    invalidation 1000: TLBI_NH_VA 0x40001000, reported handled", run.Output);
        Assert.Contains("run it again: dotnet run --project Cli -- stress --seed 9 --journal none --guest none "
            + "--fault drop-invalidation\n", run.Output);
        Assert.EndsWith("BROKEN: I8\n", run.Output);
    }

    [Theory]
    [InlineData("delay-invalidation")]
    [InlineData("duplicate-invalidation")]
    [InlineData("repeat-tlbi")]
    public async Task A_planted_fault_that_is_to_be_survived_is_said_to_be(string kind)
    {
        var run = await CommandRun.OfAsync(
            new FakeRun().Runner, "stress", "--journal", "none", "--guest", "none", "--fault", kind);

        Assert.Equal(0, run.Exit);
        Assert.Contains($"{kind}, planted: the run must hold", run.Output);
        Assert.Contains($"with {kind} planted", run.Output);
    }

    [Fact]
    public async Task A_planted_fault_that_nothing_went_by_is_not_passed_over()
    {
        var run = await CommandRun.OfAsync(
            new FakeRun().Runner, "stress", "--journal", "none", "--guest", "none", "--fault", "early-sync@3");

        Assert.Equal(0, run.Exit);
        Assert.Contains("although early-sync@3 was planted", run.Output);
    }

    [Fact]
    public async Task The_json_has_the_agreed_fields()
    {
        await CommandRun.OfAsync(new FakeRun { Result = FakeRun.Broken() }.Runner,
            "stress", "--journal", "none", "--guest", "none", "--json", _folder["figures/stress.json"]);

        using var json = JsonDocument.Parse(File.ReadAllText(_folder["figures/stress.json"]));
        var root = json.RootElement;
        Assert.Equal(
            ["runtime", "hardware", "seconds", "invalidations_total", "invalidations_per_s", "translations_total", "translations_per_s",
                "syncs_total", "sync_us", "control_ops_total", "errors", "stale_hits", "leaked_references", "invariant_violations",
                "violations", "journal_events_total"],
            root.EnumerateObject().Select(field => field.Name));
        Assert.Equal(["p50", "p99", "max"], root.GetProperty("sync_us").EnumerateObject().Select(field => field.Name));
        Assert.Equal(3401, root.GetProperty("errors").GetProperty("ENOENT").GetInt64());
        Assert.Equal(12_345_678, root.GetProperty("invalidations_total").GetInt64());
        Assert.Equal(1, root.GetProperty("invariant_violations").GetInt32());
        Assert.Equal("I8", root.GetProperty("violations")[0].GetProperty("invariant").GetString());
        Assert.Equal(2, root.GetProperty("violations")[0].GetProperty("details").GetArrayLength());
    }

    [Fact]
    public async Task A_journal_that_another_process_has_locked_is_refused()
    {
        using var owner = Connect("PRAGMA journal_mode=WAL; CREATE TABLE journal(x); BEGIN EXCLUSIVE");

        var path = _folder["mine.db"];
        (await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", path, "--guest", "none"))
            .AssertRefused(path, "another process");
    }

    [Fact]
    public async Task A_journal_that_is_no_database_is_refused_and_left_alone()
    {
        var path = _folder["mine.db"];
        File.WriteAllText(path, new string('x', 5000));

        (await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", path, "--guest", "none"))
            .AssertRefused(path, "no SQLite database", "nothing was changed");

        Assert.Equal(new string('x', 5000), File.ReadAllText(path));
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_alone()
    {
        Connect("CREATE TABLE birds(name)").Dispose();
        var before = File.ReadAllBytes(_folder["mine.db"]);

        (await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--journal", _folder["mine.db"], "--guest", "none"))
            .AssertRefused("another program's", "birds");

        Assert.Equal(before, File.ReadAllBytes(_folder["mine.db"]));
    }

    [Fact]
    public async Task The_capture_of_the_repository_runs_unless_another_is_named()
    {
        var fake = new FakeRun();

        var run = await CommandRun.OfAsync(fake.Runner, "stress", "--journal", "none");

        Assert.Equal("linux-nested-4k", Path.GetFileName(Assert.Single(fake.Asked!.Captures)));
        Assert.Contains("1 recorded: ", run.Output);
    }

    [Fact]
    public async Task The_report_shows_the_contexts_of_this_run_and_not_of_earlier_ones()
    {
        var journal = _folder["mine.db"];
        await JournalFile.WriteAsync(journal, JournalFile.Directory(new ContextOpened("earlier")),
            JournalFile.Context("earlier", new IoasAllocated(new(1), "iommu/ioas/earlier/1.0")));
        StressCommand.Runner run = async (options, _, _) =>
        {
            await JournalFile.WriteAsync(options.Journal!, JournalFile.Directory(new ContextOpened("this one")),
                JournalFile.Context("this one", new IoasAllocated(new(1), "iommu/ioas/this one/1.0")));
            return FakeRun.Held();
        };

        await CommandRun.OfAsync(run, "stress", "--guest", "none", "--journal", journal, "--report", _folder["report.html"]);

        var page = Html.Page.Read(_folder["report.html"]);
        Assert.Contains("context this one: open, 1 object, 1 event", page.Value);
        Assert.DoesNotContain("context earlier", page.Value);
    }

    [Fact]
    public async Task A_journal_whose_contexts_cannot_be_read_is_refused()
    {
        var journal = _folder["mine.db"];
        await JournalFile.WriteAsync(journal, JournalFile.Directory(new ContextOpened("earlier")));
        Connect("UPDATE journal SET manifest = 'context-opened.v9'").Dispose();

        (await CommandRun.OfAsync(new FakeRun().Runner, "stress", "--guest", "none", "--journal", journal))
            .AssertRefused(journal, "iommu/contexts", "context-opened.v9");
    }

    private SqliteConnection Connect(string sql)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = _folder["mine.db"], Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return connection;
    }
}
