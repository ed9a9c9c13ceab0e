using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>The domains of an IOAS: built and filled here, withdrawn here, by whoever owns the areas.</summary>
internal sealed partial class IoasActor
{
    private readonly Dictionary<IIommuDriver, AutoDomain> _autoDomains = [];

    /// <summary>
    /// The domain that attaches to the IOAS itself share, one for each IOMMU, and who waits for it to be published (B14).
    /// </summary>
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
        var errno = CallRules.HwptPaging(call, (PhysicalDevice)device.Hardware!);
        if (errno != Errno.None) End(caller, errno);
        else BuildDomain((PhysicalDevice)device.Hardware!, call, auto: false, caller, failed => End(caller, failed));
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
        var auto = new AutoDomain { Waiting = { (acquire, Sender) } };
        _autoDomains[physical.Iommu] = auto;
        BuildDomain(physical, call, auto: true, Self, failed => FailAuto(physical.Iommu, failed));
    }

    /// <summary>Has the context adopt a domain that holds every area; or leaves nothing and says why.</summary>
    private void BuildDomain(PhysicalDevice device, HwptAlloc call, bool auto, IActorRef caller, Action<Errno> failed)
    {
        var domain = _environment.Failures.ShouldFail("build hwpt") ? Errno.ENOMEM
            : device.Iommu.AllocPaging(device, CallRules.DriverFlags(call), new UserData(call.DataType, call.Data));
        if (domain.Failed)
        {
            failed(domain.Errno);
            return;
        }
        var filled = _environment.Failures.ShouldFail("fill hwpt") ? Errno.ENOMEM : _pagetable.AddDomain(domain.Value!);
        if (filled == Errno.None)
        {
            var blueprint = new HwptPagingBlueprint(Self, _lifetime.Id, device.Name, call, auto, domain.Value!);
            // The context's stream is another one: an HWPT must not be durable before the unmap that made it possible.
            DeferAsync(new Adopt(blueprint), adopt => _environment.Context.Tell(adopt, caller));
            return;
        }
        _pagetable.RemoveDomain(domain.Value!);
        _lifetime.Run(domain.Value!.Free(), () => failed(filled));
    }

    private void FailAuto(IIommuDriver iommu, Errno errno)
    {
        _lifetime.Release(Release.Call);
        _autoDomains.Remove(iommu, out var auto);
        foreach (var (_, waiting) in auto!.Waiting) waiting.Tell((Answer)errno);
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
            if (blueprint.Auto) FailAuto(blueprint.Domain.Iommu, errno);
            else End(caller, errno);
        });
    }

    private void Withdraw(WithdrawDomain withdraw)
    {
        _pagetable.RemoveDomain(withdraw.Domain);
        if (_autoDomains.TryGetValue(withdraw.Domain.Iommu, out var auto) && auto.Hwpt?.Id == withdraw.Hwpt)
            _autoDomains.Remove(withdraw.Domain.Iommu);
        _lifetime.Run(withdraw.Domain.Free(), () =>
            _environment.Context.Tell(new Retire(withdraw.Hwpt, false, withdraw.Farewell, (Self, Release.Dependant)), withdraw.Remover));
    }

    private void Restore(RestoreDomain restore)
    {
        var errno = _pagetable.AddDomain(restore.Domain);
        if (restore.Auto) _autoDomains[restore.Domain.Iommu] = new AutoDomain { Hwpt = restore.Hwpt };
        Sender.Tell(new DomainRestored(errno, restore.Hwpt.Id));
    }
}
