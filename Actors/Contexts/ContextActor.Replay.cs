using Akka.Persistence;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>From the rows of the journal to the graph.</summary>
internal sealed partial class ContextActor
{
    private void OnReplayed(object message)
    {
        switch (message)
        {
            case SnapshotOffer offer:
                foreach (var happened in _order.Take(offer)) _graph.Apply((GraphEvent)happened);
                break;
            case RecoveryCompleted:
                _order.End(LastSequenceNr);
                ClearAway();
                break;
            default:
                _graph.Apply((GraphEvent)_order.Take(message, LastSequenceNr));
                break;
        }
    }

    /// <summary>
    /// What a call that a crash has cut off has left in the journal goes first (I13): a part of a MOCK_DOMAIN, or of the end of one; a
    /// domain that an attach has made for itself. Then mock devices are plugged in again.
    /// </summary>
    private void RestoreWhole()
    {
        List<GraphEvent> parts = [.. _graph.SelftestParts(), .. _graph.UnwantedDomains()];
        if (parts.Count == 0)
        {
            PlugOwned();
            Restore();
            return;
        }
        var left = parts.Count;
        PersistAll(parts, happened =>
        {
            _graph.Apply(happened);
            if (--left > 0) return;
            PlugOwned();
            Restore();
        });
    }
}
