namespace Iommu.TestKit.Crash.Simulated;

/// <summary>The last calls of one caller, their answers and the crashes between them, for a report.</summary>
internal sealed class LastCalls
{
    private const int Kept = 24;

    private readonly Queue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Add(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > Kept) _lines.Dequeue();
    }
}
