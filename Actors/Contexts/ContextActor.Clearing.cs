using Iommu.Actors.Hardware;

namespace Iommu.Actors.Contexts;

/// <summary>
/// What an incarnation that failed has left goes before anything is built: its hardware comes back cold, as after a crash of the
/// simulator, and nothing of it is still translated, pinned or taken.
/// </summary>
internal sealed partial class ContextActor
{
    private PlanRunner? _clearing;

    private void ClearAway()
    {
        if (_settings.Left.Count == 0)
        {
            RestoreWhole();
            return;
        }
        _clearing = new PlanRunner(_settings.Queues, Self);
        Become(() => CommandAny(OnClearing));
        _clearing.Run(_settings.Left.SelectMany(left => left.Hardware.Clear()), () =>
        {
            foreach (var left in _settings.Left) left.Pages.Abandon();
            _settings.Owners.DisclaimAll(_settings.Name);
            Become(() => CommandAny(OnCommandAny));
            RestoreWhole();
        });
    }

    /// <summary>Everything is back: what nobody has taken over goes too.</summary>
    private void EndClearing() =>
        _clearing?.Run(_settings.Left.SelectMany(left => left.Hardware.ClearUnclaimed(_settings.Belongings.Hardware)), () => { });

    private void OnClearing(object message)
    {
        if (message is BatchDone done) _clearing!.OnDone(done);
        else Stash.Stash();
    }
}
