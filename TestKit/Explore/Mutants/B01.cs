using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Do not UAF during iommufd_put_object()" taken back: a call drops its reference on an object, and then touches it once more. In between
/// a DESTROY sees nobody.
/// </summary>
internal sealed class B01 : MailMutant
{
    private static readonly Release Again = new(-1, -1);

    public override string Name => "B01";

    public override string Summary => "a call touches an object after it has dropped its reference";

    public override string Scenario => "destroy-parent";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        switch (message)
        {
            case Adopt { Blueprint: HwptPagingBlueprint hwpt }:
                Tell(hwpt.Builder, Release.Call, null);
                break;
            case Adopted { Blueprint: HwptPagingBlueprint } or Abort { Blueprint: HwptPagingBlueprint }:
                Tell(recipient, Again, null);
                break;
        }
        return message;
    }
}
