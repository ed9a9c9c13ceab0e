using Akka.Actor;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Report unmapped bytes in the error path of iopt_unmap_iova_range" taken back: an unmap that fails half way says that it has unmapped
/// nothing.
/// </summary>
internal sealed class B25 : MailMutant
{
    public override string Name => "B25";

    public override string Summary => "an unmap that fails half way reports zero bytes";

    public override string Scenario => "vfio-unmap";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender) =>
        message is VfioUnmapAnswer { Errno: not Errno.None } failed ? failed with { LengthBytes = 0, Value = 0 } : message;
}
