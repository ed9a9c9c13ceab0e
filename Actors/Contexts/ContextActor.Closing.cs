using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Actors.Contexts;

/// <summary>
/// The last close: devices are unbound and accesses end, then every object that nobody references is destroyed, round after round. What
/// is left when a round changes nothing has a leaked reference, and is reported.
/// </summary>
internal sealed partial class ContextActor
{
    private const int NoRoundYet = int.MaxValue;

    private IActorRef? _closing;
    private bool _left;
    private int _closeAsked;
    private int _leftBefore = NoRoundYet;

    private void BeginClose()
    {
        if (_closing is not null)
        {
            Sender.Tell((Answer)Errno.ENODEV);
            return;
        }
        _closing = Sender;
        // What is being journaled is an object, or the end of one, before the first round counts them.
        DeferAsync(NoRoundYet, _ =>
        {
            foreach (var viommu in _graph.Nodes.Where(node => node.Type == ObjectType.Viommu))
                _objects[viommu.Id].Tell(EndMappings.Instance);
            CloseEventFiles();
            CloseRound();
        });
    }

    private void CloseRound()
    {
        if (_graph.Count == 0 || _graph.Count == _leftBefore)
        {
            EndClose();
            return;
        }
        _leftBefore = _graph.Count;
        var owned = Ids(_graph.Nodes.Where(node => ObjectGraph.OwnersOf(node.Type) > 0));
        var next = owned.Count > 0 ? owned : Ids(_graph.Unreferenced());
        _closeAsked = next.Count;
        foreach (var id in owned) EndForOwner(_environment.Table.Find(id)!);
        if (owned.Count == 0)
            foreach (var id in next) _objects[id].Tell(new Destroy(id));
        if (_closeAsked == 0) EndClose();

        static List<ObjectId> Ids(IEnumerable<GraphNode> nodes) => [.. nodes.Select(node => node.Id)];
    }

    /// <summary>What a driver owns beside the context goes by the driver's call.</summary>
    private void EndForOwner(ObjectEntry entry)
    {
        if (entry.Type == ObjectType.Access) entry.Actor.Tell(new AccessDestroy(entry.Id));
        else entry.Group!.Tell(new DeviceUnbind(entry.Id));
    }

    private void OnCloseAnswered(Answer answer)
    {
        if (_closing is null) return;
        // On its way out already: that round changed something.
        if (answer.Errno == Errno.ENOENT) _leftBefore = NoRoundYet;
        if (--_closeAsked == 0) CloseRound();
    }

    private void EndClose()
    {
        if (_graph.Count > 0 || !_graph.IsMarked)
        {
            Leave();
            return;
        }
        PersistAsync(new TombstonesCleared(), cleared =>
        {
            Apply(cleared);
            Leave();
        });
    }

    private void Leave()
    {
        _left = true;
        Context.Parent.Tell(new ContextEnded(_settings.Name, _graph.Count, _closing!));
        Context.Stop(Self);
    }
}
