using Iommu.Persistence.Graph;

namespace Iommu.Persistence.Streams;

/// <summary>What of a journal can be kept, and what that is.</summary>
/// <param name="Streams">The simulator's streams, in the order of their names.</param>
/// <param name="Foreign">Streams of somebody else. They are left alone.</param>
/// <param name="Contexts">The contexts that the rows which are kept fold to: open ones first.</param>
/// <param name="Unlisted">Those of them whose opening is not in what is kept of the directory.</param>
public sealed record JournalPlan(
    IReadOnlyList<StreamPlan> Streams, IReadOnlyList<string> Foreign, IReadOnlyList<ContextState> Contexts,
    IReadOnlyList<string> Unlisted)
{
    public bool IsWhole => Streams.All(stream => stream.IsWhole);

    public long RowsKept => Streams.Sum(stream => stream.RowsKept);

    public long RowsDropped => Streams.Sum(stream => stream.RowsTotal - stream.RowsKept);
}
