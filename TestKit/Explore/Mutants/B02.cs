using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "IOMMUFD_DESTROY should not increase the refcount" taken back: DESTROY looks an object up like any other call, and holds it until it has
/// seen who else does. A removal from inside that comes meanwhile takes it for a user.
/// </summary>
internal sealed class B02 : MailMutant
{
    private static readonly Release Probe = new(-1, 0);

    public override string Name => "B02";

    public override string Summary => "DESTROY holds a reference of its own while it looks whether there are others";

    public override string Scenario => "auto-domains";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is not Destroy) return message;
        Tell(recipient, Probe, null);
        Later(() =>
        {
            Tell(recipient, Release.Dependant, null);
            Tell(recipient, message, sender);
        });
        return null;
    }
}
