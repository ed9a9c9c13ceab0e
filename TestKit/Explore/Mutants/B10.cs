using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Publish a vDEVICE only after vdevice_init() accepts it" taken back: it can be found by its virtual id before its driver has been asked,
/// who may refuse it.
/// </summary>
internal sealed class B10 : MailMutant
{
    public override string Name => "B10";

    public override string Summary => "a vDEVICE is found by its virtual id before its driver has accepted it";

    public override string Scenario => "vdevice-invalidate";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is not LinkVdevice link) return message;
        var viommu = (IViommuDriver)World.Context.Table.Find(link.Call.Viommu)!.Hardware!;
        if (viommu.AddVdevice((PhysicalDevice)link.Device.Hardware!, link.Call.VirtualId) != Errno.None) return message;
        Later(() =>
        {
            viommu.RemoveVdevice(link.Call.VirtualId);
            Tell(recipient, link, sender);
        });
        return null;
    }
}
