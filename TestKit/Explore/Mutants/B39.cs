using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix IOPF group ownership UAF" taken back: a group stays with the device that has reported it when a fault queue has it as well. Who
/// takes the device away ends it once, and the queue once more.
/// </summary>
internal sealed class B39 : MailMutant
{
    private readonly Dictionary<AttachHandle, List<DeliverFaults>> _kept = [];

    public override string Name => "B39";

    public override string Summary => "a group of page faults is on two lists, and is answered for each";

    public override string Scenario => "replace-faults";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is DeliverFaults deliver)
        {
            if (!_kept.TryGetValue(deliver.Handle, out var kept)) _kept[deliver.Handle] = kept = [];
            kept.Add(deliver);
        }
        if (message is AutoRespond ended && _kept.Remove(ended.Handle, out var twice))
            foreach (var group in twice) Tell(recipient, group, sender);
        return message;
    }
}
