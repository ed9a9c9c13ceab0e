using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>The domains of an IOAS: built and filled here, withdrawn here, by whoever owns the areas.</summary>
internal sealed partial class IoasActor
{
    private readonly Dictionary<IIommuDriver, AutoDomain> _autoDomains = [];

    /// <summary>The domain that attaches to the IOAS itself share, one for each IOMMU, and who waits for it to be published (B14).</summary>
    private sealed class AutoDomain
    {
        public ObjectEntry? Hwpt { get; set; }

        public List<(Acquire Attach, IActorRef Caller)> Waiting { get; } = [];
    }

    private void Allocate(Acquire acquire)
    {
        switch (acquire.Call)
        {
            case HwptAlloc call:
                BuildHwpt(call, acquire.Other!, Sender);
                break;
            case DeviceAttach:
                AttachToAutoDomain(acquire);
                break;
        }
    }

    private void BuildHwpt(HwptAlloc call, ObjectEntry device, IActorRef caller)
    {
        var errno = CallRules.HwptPaging(call);
        var built = errno == Errno.None ? BuildDomain((PhysicalDevice)device.Hardware!, call, auto: false) : errno;
        if (built.Failed) End(caller, built.Errno);
        else _environment.Context.Tell(new Adopt(built.Value!), caller);
    }

    private void AttachToAutoDomain(Acquire acquire)
    {
        var physical = (PhysicalDevice)acquire.Other!.Hardware!;
        if (_autoDomains.TryGetValue(physical.Iommu, out var known))
        {
            if (known.Hwpt is { } hwpt) hwpt.Actor.Forward(acquire);
            else known.Waiting.Add((acquire, Sender));
            _lifetime.Release(Release.Call);
            return;
        }
        var call = new HwptAlloc(acquire.Other.Id, _lifetime.Id);
        var built = BuildDomain(physical, call, auto: true);
        if (built.Failed)
        {
            End(Sender, built.Errno);
            return;
        }
        _autoDomains[physical.Iommu] = new AutoDomain { Waiting = { (acquire, Sender) } };
        _environment.Context.Tell(new Adopt(built.Value!), Self);
    }

    /// <summary>A domain that holds every area, or nothing.</summary>
    private Result<HwptPagingBlueprint> BuildDomain(PhysicalDevice device, HwptAlloc call, bool auto)
    {
        var domain = _environment.Failures.ShouldFail("build hwpt") ? Errno.ENOMEM : device.Iommu.AllocPaging(device, call.Flags);
        if (domain.Failed) return domain.Errno;
        var filled = _environment.Failures.ShouldFail("fill hwpt") ? Errno.ENOMEM : _pagetable.AddDomain(domain.Value!);
        if (filled == Errno.None) return new HwptPagingBlueprint(Self, _lifetime.Id, device.Name, call, auto, domain.Value!);
        _lifetime.Run(domain.Value!.Free(), () => { });
        return filled;
    }

    private void OnAdopted(Adopted adopted)
    {
        _lifetime.Release(Release.CallOnly);
        if (adopted.Blueprint is not HwptPagingBlueprint { Auto: true } blueprint) return;
        var auto = _autoDomains[blueprint.Domain.Iommu];
        auto.Hwpt = adopted.Entry;
        foreach (var (attach, caller) in auto.Waiting) adopted.Entry.Actor.Tell(attach, caller);
        auto.Waiting.Clear();
    }

    private void OnAborted(HwptPagingBlueprint blueprint, Errno errno)
    {
        var caller = Sender;
        _pagetable.RemoveDomain(blueprint.Domain);
        _lifetime.Run(blueprint.Domain.Free(), () =>
        {
            _lifetime.Release(Release.Call);
            if (!blueprint.Auto)
            {
                caller.Tell((Answer)errno);
                return;
            }
            _autoDomains.Remove(blueprint.Domain.Iommu, out var auto);
            foreach (var (_, waiting) in auto!.Waiting) waiting.Tell((Answer)errno);
        });
    }

    private void Withdraw(WithdrawDomain withdraw)
    {
        _pagetable.RemoveDomain(withdraw.Domain);
        if (_autoDomains.TryGetValue(withdraw.Domain.Iommu, out var auto) && auto.Hwpt?.Id == withdraw.Hwpt)
            _autoDomains.Remove(withdraw.Domain.Iommu);
        _lifetime.Run(withdraw.Domain.Free(), () =>
            _environment.Context.Tell(new Retire(withdraw.Hwpt, false, (Self, Release.Dependant)), withdraw.Remover));
    }

    private void Restore(RestoreDomain restore)
    {
        var errno = _pagetable.AddDomain(restore.Domain);
        if (restore.Auto) _autoDomains[restore.Domain.Iommu] = new AutoDomain { Hwpt = restore.Hwpt };
        Sender.Tell(new DomainRestored(errno, restore.Hwpt.Id));
    }
}
