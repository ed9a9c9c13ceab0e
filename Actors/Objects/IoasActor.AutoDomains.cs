using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// The domains of the IOAS's own making, for devices that are attached to the IOAS itself (iommufd_device_auto_get_domain): a device
/// takes the first that suits it, in the order in which they were made, or a new one.
/// </summary>
internal sealed partial class IoasActor
{
    private readonly List<AutoDomain> _autoDomains = [];

    /// <summary>A domain that attaches share, and who waits for it to be published (B14).</summary>
    /// <param name="iommu">The IOMMU that it is for.</param>
    /// <param name="madeFor">The attach that it is made for; null in recovery.</param>
    private sealed class AutoDomain(IIommuDriver iommu, Acquire? madeFor)
    {
        public Acquire? MadeFor => madeFor;

        public IPagingDomain? Domain { get; set; }

        public ObjectEntry? Hwpt { get; set; }

        public List<(Acquire Attach, IActorRef Caller)> Waiting { get; } = [];

        /// <summary>What no hardware translates does not mind whose tables these are.</summary>
        public bool MaySuit(PhysicalDevice device) => device.Iommu == iommu || !device.Iommu.Translates;
    }

    /// <param name="attach">The attach.</param>
    /// <param name="from">How many of the domains have been tried.</param>
    private void AttachToAutoDomain(Acquire attach, int from)
    {
        var physical = (PhysicalDevice)attach.Other!.Hardware!;
        if (_autoDomains.Skip(from).FirstOrDefault(auto => auto.MaySuit(physical)) is { } known)
        {
            if (known.Hwpt is { } hwpt) hwpt.Actor.Forward(attach);
            else known.Waiting.Add((attach, Sender));
            _lifetime.Release(Release.Call);
            return;
        }
        var auto = new AutoDomain(physical.Iommu, attach) { Waiting = { (attach, Sender) } };
        _autoDomains.Add(auto);
        BuildDomain(attach.Other, new HwptAlloc(attach.Other.Id, _lifetime.Id), auto, Self, failed => FailAuto(auto, failed));
    }

    /// <summary>The attach that a domain was made for has no other to try.</summary>
    private void TryNext(TryNextDomain next)
    {
        var tried = _autoDomains.FindIndex(auto => auto.Hwpt?.Id == next.Refused.Id);
        if (ReferenceEquals(_autoDomains[tried].MadeFor, next.Attach))
        {
            next.Refused.Actor.Tell(new Depart(Release.Call, Sender, Errno.EINVAL));
            return;
        }
        if (_lifetime.Admit(Sender)) AttachToAutoDomain(next.Attach, tried + 1);
        next.Refused.Actor.Tell(new Depart(Release.Call, ActorRefs.Nobody, Errno.EINVAL));
    }

    /// <summary>The attach that the domain was made for fails; those that would have shared it begin again.</summary>
    private void FailAuto(AutoDomain auto, Errno errno)
    {
        _autoDomains.Remove(auto);
        foreach (var (attach, waiting) in auto.Waiting)
        {
            if (ReferenceEquals(attach, auto.MadeFor)) attach.Other!.Group!.Tell(new NoDomain(attach, errno), waiting);
            else Self.Tell(attach, waiting);
        }
        _lifetime.Release(Release.Call);
    }

    private void PublishAuto(ObjectEntry hwpt)
    {
        var auto = _autoDomains.Find(made => ReferenceEquals(made.Domain, hwpt.Hardware))!;
        auto.Hwpt = hwpt;
        foreach (var (attach, caller) in auto.Waiting) hwpt.Actor.Tell(attach, caller);
        auto.Waiting.Clear();
    }
}
