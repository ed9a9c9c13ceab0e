using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Do not add the same hwpt to the ioas->hwpt_list twice" taken back: a domain that an attach has made for itself is on the list of its
/// IOAS when it is made, and is put there again for the attach.
/// </summary>
internal sealed class B14 : MailMutant
{
    private readonly HashSet<IPagingDomain> _added = [];

    public override string Name => "B14";

    public override string Summary => "a domain that an attach has made is on the list of its IOAS twice";

    public override string Scenario => "auto-domains";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is AttachTo { Hwpt: { Auto: true, Ioas: { } ioas, Hardware: IPagingDomain domain } } && _added.Add(domain))
            Tell(ioas, new Inspect(found =>
            {
                if (found.State is IoPagetable pagetable) DomainsOf(pagetable).Add(domain);
                return found.Id;
            }), null);
        return message;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_domains")]
    private static extern ref List<IPagingDomain> DomainsOf(IoPagetable pagetable);
}
