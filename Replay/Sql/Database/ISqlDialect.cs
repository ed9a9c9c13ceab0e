using System.Data.Common;

namespace Akka.Persistence.Sql.Database;

/// <summary>Where databases differ. Everything else is said in SQL that all of them understand.</summary>
internal interface ISqlDialect
{
    /// <summary>How many transactions it pays to have open for writing at the same time, at most.</summary>
    int WritersMax { get; }

    /// <summary>Statements that create the journal's tables where they are missing.</summary>
    IReadOnlyList<string> CreateJournal { get; }

    /// <summary>Statements that create the snapshot store's table where it is missing.</summary>
    IReadOnlyList<string> CreateSnapshots { get; }

    /// <summary>Opens a connection.</summary>
    DbConnection Open(string connectionString);

    /// <summary>True if a row was refused because of what it says, not because the database cannot work.</summary>
    bool IsConstraintViolation(Exception cause);

    /// <summary>Closes the connections that are kept for reuse.</summary>
    void Release(string connectionString);
}
