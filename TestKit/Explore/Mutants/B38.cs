using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Groups;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix wrong hwpt passed to iommufd_auto_response_faults on replace" taken back: it is the new HWPT's fault queue that is to answer what
/// the old one's has, which keeps it.
/// </summary>
internal sealed class B38 : MailMutant
{
    private IActorRef? _newest;

    public override string Name => "B38";

    public override string Summary => "a replace has the new fault queue answer for the old one";

    public override string Scenario => "replace-faults";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is AttachTo attach) _newest = attach.Hwpt.FaultQueue;
        if (message is not AutoRespond || _newest is not { } wrong || wrong.Equals(recipient)) return message;
        Tell(wrong, message, sender);
        return null;
    }
}
