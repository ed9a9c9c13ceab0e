namespace Iommu.Actors.Core;

/// <summary>Pages in order of address, neighbours merged: what has to be flushed after their dirty bits were cleared.</summary>
internal sealed class PageRuns
{
    private readonly List<(ulong Iova, ulong LengthBytes)> _runs = [];

    public IReadOnlyList<(ulong Iova, ulong LengthBytes)> All => _runs;

    public void Add(ulong iova, ulong lengthBytes)
    {
        if (_runs.Count > 0 && _runs[^1].Iova + _runs[^1].LengthBytes == iova)
            _runs[^1] = (_runs[^1].Iova, _runs[^1].LengthBytes + lengthBytes);
        else _runs.Add((iova, lengthBytes));
    }
}
