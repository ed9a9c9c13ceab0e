using Iommu.Actors.Journals;
using Iommu.Cli.Stress;
using Iommu.TestKit.Crash;

namespace Iommu.Cli.Crash;

/// <summary>What is going to be killed, before it is; and what does the same again.</summary>
internal static class CrashBanner
{
    public static void Write(Terminal terminal, CrashOptions options)
    {
        (string Name, string Value)[] lines =
        [
            ("Iommu", StressBanner.Version(typeof(CrashBanner).Assembly)),
            ("runtime", StressBanner.Runtime()),
            ("kills", $"{options.Runs:N0}, {(options.Point is { } point ? point.Name() : "at all points in turn")}"),
            ("processes", $"{options.Journals.Count} at a time, {options.Contexts} contexts and callers each"),
            ("seed", $"{options.Seed}"),
            .. options.Journals.Select((journal, i) => (i == 0 ? "journal" : "", NameOf(journal))),
        ];
        foreach (var (name, value) in lines) terminal.Output.WriteLine($"{name,-10}{value}");
        terminal.Output.WriteLine();
    }

    /// <summary>The command that kills at the same points, with the same calls.</summary>
    public static string Rerun(CrashOptions options, string journal)
    {
        var command = FormattableString.Invariant($"dotnet run --project Cli -- crash --runs {options.Runs} --seed {options.Seed}");
        if (options.Point is { } point) command += $" --point {point.Name()}";
        if (ReadOnlyJournal.IsPostgres(journal)) return $"{command} --journal '...'";
        return journal == CrashJournals.Standard ? command : $"{command} --journal {journal}";
    }

    /// <summary>A connection string may hold a password.</summary>
    private static string NameOf(string journal) => !ReadOnlyJournal.IsPostgres(journal) ? journal
        : $"PostgreSQL, schema {new Npgsql.NpgsqlConnectionStringBuilder(journal).SearchPath}";
}
