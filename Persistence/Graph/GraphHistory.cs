using Iommu.Persistence.Events;

namespace Iommu.Persistence.Graph;

/// <summary>
/// Folds the stream of a closed context, whose graph is empty in the end, to the graph that it had before its objects went:
/// everything but the detaches and destructions that the stream ends with.
/// </summary>
public sealed class GraphHistory
{
    private readonly ObjectGraph _graph = new();
    private readonly List<GraphEvent> _ending = [];

    public void Apply(GraphEvent happened)
    {
        _ending.Add(happened);
        if (happened is ObjectDestroyed or VdeviceTombstoned or TombstonesCleared or DeviceDetached) return;
        foreach (var earlier in _ending) _graph.Apply(earlier);
        _ending.Clear();
    }

    public ObjectGraph BeforeTheEnd() => _graph;
}
