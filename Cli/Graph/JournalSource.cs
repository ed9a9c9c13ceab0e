using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Journals;
using Iommu.Persistence.Streams;

namespace Iommu.Cli.Graph;

/// <summary>Reads a journal in an actor system of its own.</summary>
internal static class JournalSource
{
    /// <summary>What to call it in a message: a connection string may hold a password.</summary>
    public static string NameOf(string source) => ReadOnlyJournal.IsPostgres(source) ? "this database" : source;

    /// <summary>What of it can be kept, whatever is wrong with its rows.</summary>
    /// <exception cref="JournalException">There is no journal, or the database itself cannot be read.</exception>
    public static JournalPlan Repair(string source)
    {
        try
        {
            return JournalRepair.Plan(source);
        }
        catch (JournalException e)
        {
            throw Named(source, e);
        }
    }

    /// <param name="source">A SQLite file, or a PostgreSQL connection string.</param>
    /// <param name="context">The one context to fold; null for every one.</param>
    /// <exception cref="JournalException">It is missing, locked, damaged or not ours.</exception>
    public static async Task<JournalContents> ReadAsync(string source, string? context = null)
    {
        var system = ActorSystem.Create("journal-reader", ReadOnlyJournal.Open(source));
        try
        {
            return await JournalReader.ReadAsync(system, context);
        }
        catch (JournalException e)
        {
            throw Named(source, e);
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static JournalException Named(string source, JournalException e) =>
        new($"{NameOf(source)}: {e.Message}", e) { Row = e.Row };
}
