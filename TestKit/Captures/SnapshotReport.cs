namespace Iommu.TestKit.Captures;

/// <summary>How a snapshot's translations came out on our hardware.</summary>
/// <param name="Name">Capture and number.</param>
/// <param name="Rows">Rows that were re-done.</param>
/// <param name="Matched">Rows with the same result, address, permission and event record.</param>
/// <param name="None">Rows of which only the failure is certain, and that failed.</param>
/// <param name="Mismatched">The others.</param>
/// <param name="FirstMismatches">What is different, of the first ones.</param>
public sealed record SnapshotReport(
    string Name, int Rows, int Matched, int None, int Mismatched, IReadOnlyList<string> FirstMismatches);
