using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// The domains of the IOAS's own making, for devices that are attached to the IOAS itself (iommufd_device_auto_get_domain): a device
/// takes the first that suits it, in the order in which they were made, or a new one. One attach at a time: the next begins when the
/// device is on its domain, or on none (ioas->mutex).
/// </summary>
internal sealed partial class IoasActor
{
    private readonly List<AutoDomain> _autoDomains = [];
    private readonly Queue<(Acquire Attach, IActorRef Caller)> _attaches = new();
    private (Acquire Attach, IActorRef Caller)? _attaching;

    /// <summary>A domain that attaches share.</summary>
    /// <param name="iommu">The IOMMU that it is for.</param>
    /// <param name="madeFor">The attach that it is made for; null in recovery.</param>
    private sealed class AutoDomain(IIommuDriver iommu, Acquire? madeFor)
    {
        public Acquire? MadeFor => madeFor;

        public IPagingDomain? Domain { get; set; }

        public ObjectEntry? Hwpt { get; set; }

        /// <summary>What no hardware translates does not mind whose tables these are.</summary>
        public bool MaySuit(PhysicalDevice device) => device.Iommu == iommu || !device.Iommu.Translates;
    }

    private void AttachToAutoDomain(Acquire attach)
    {
        // One that a leaving domain has sent back goes on where it is.
        if (_attaching is { } current && !ReferenceEquals(current.Attach, attach)) _attaches.Enqueue((attach, Sender));
        else
        {
            _attaching = (attach, Sender);
            AttachToAutoDomain(attach, Sender, from: 0);
        }
    }

    /// <param name="attach">The attach.</param>
    /// <param name="caller">Who is answered.</param>
    /// <param name="from">How many of the domains have been tried.</param>
    private void AttachToAutoDomain(Acquire attach, IActorRef caller, int from)
    {
        var physical = (PhysicalDevice)attach.Other!.Hardware!;
        if (_autoDomains.Skip(from).FirstOrDefault(auto => auto.MaySuit(physical)) is { } known)
        {
            known.Hwpt!.Actor.Tell(attach, caller);
            _lifetime.Release(Release.Call);
            return;
        }
        var auto = new AutoDomain(physical.Iommu, attach);
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
            EndAttach();
            return;
        }
        next.Refused.Actor.Tell(new Depart(Release.Call, ActorRefs.Nobody, Errno.EINVAL));
        if (_lifetime.Admit(Sender)) AttachToAutoDomain(next.Attach, Sender, tried + 1);
    }

    private void FailAuto(AutoDomain auto, Errno errno)
    {
        var (attach, caller) = _attaching!.Value;
        _lifetime.Release(Release.Call);
        _autoDomains.Remove(auto);
        attach.Other!.Group!.Tell(new NoDomain(attach, errno), caller);
        EndAttach();
    }

    private void PublishAuto(ObjectEntry hwpt)
    {
        var (attach, caller) = _attaching!.Value;
        _autoDomains.Find(made => ReferenceEquals(made.Domain, hwpt.Hardware))!.Hwpt = hwpt;
        hwpt.Actor.Tell(attach, caller);
    }

    private void EndAttach()
    {
        _attaching = null;
        if (!_attaches.TryDequeue(out var next)) return;
        _attaching = next;
        AttachToAutoDomain(next.Attach, next.Caller, from: 0);
    }
}
