using Akka.Actor;
using Iommu.Actors.Objects;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Destroy vdevice on idevice destroy" taken back: a device that is unbound does not end its vDEVICE, which stays and names what is gone.
/// </summary>
internal sealed class B09 : MailMutant
{
    private readonly Dictionary<IActorRef, IActorRef> _deviceOf = [];

    public override string Name => "B09";

    public override string Summary => "a device is unbound and its vDEVICE stays";

    public override string Scenario => "unbind-vdevice";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is VdeviceLinked linked) _deviceOf[linked.Vdevice] = recipient;
        if (message is not Tombstone || !_deviceOf.TryGetValue(recipient, out var device)) return message;
        // Nobody is told, and what the vDEVICE holds of the device is let go.
        Tell(device, VdeviceUnlinked.Instance, null);
        return null;
    }
}
