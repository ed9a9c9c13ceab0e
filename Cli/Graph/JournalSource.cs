using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Journals;

namespace Iommu.Cli.Graph;

/// <summary>Reads a journal in an actor system of its own.</summary>
internal static class JournalSource
{
    /// <summary>What to call it in a message: a connection string may hold a password.</summary>
    public static string NameOf(string source) => ReadOnlyJournal.IsPostgres(source) ? "this database" : source;

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
            throw new JournalException($"{NameOf(source)}: {e.Message}", e);
        }
        finally
        {
            await system.Terminate();
        }
    }
}
