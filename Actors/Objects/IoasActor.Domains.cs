using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>The domains of an IOAS: built and filled here, withdrawn here, by whoever owns the areas.</summary>
internal sealed partial class IoasActor
{
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
        else BuildDomain(device, call, auto: null, caller, failed => End(caller, failed));
    }

    /// <summary>Has the context adopt a domain that holds every area; or leaves nothing and says why.</summary>
    private void BuildDomain(ObjectEntry madeFor, HwptAlloc call, AutoDomain? auto, IActorRef caller, Action<Errno> failed)
    {
        var device = (PhysicalDevice)madeFor.Hardware!;
        var domain = _environment.Failures.ShouldFail("build hwpt") ? Errno.ENOMEM
            : _environment.Holdings.Take(device.Iommu.AllocPaging(device, CallRules.DriverFlags(call), UserData.Of(call)));
        if (domain.Failed)
        {
            failed(domain.Errno);
            return;
        }
        var filled = _environment.Failures.ShouldFail("fill hwpt") ? Errno.ENOMEM : _pagetable.AddDomain(domain.Value!);
        if (filled == Errno.None)
        {
            if (auto is not null) auto.Domain = domain.Value;
            var blueprint = new HwptPagingBlueprint(Self, _lifetime.Id, device.Name, call, auto is not null, domain.Value!)
            {
                MadeFor = madeFor,
            };
            // The context's stream is another one: an HWPT must not be durable before the unmap that made it possible.
            DeferAsync(blueprint, built => _environment.HandOver(call, built, caller));
            return;
        }
        _lifetime.Run(_environment.Holdings.Free(domain.Value!), () => failed(filled));
    }

    private void OnAdopted(Adopted adopted)
    {
        _lifetime.Release(Release.CallOnly);
        if (adopted.Entry.Auto) PublishAuto(adopted.Entry);
    }

    private void OnAborted(HwptPagingBlueprint blueprint, Errno errno)
    {
        var caller = Sender;
        _pagetable.RemoveDomain(blueprint.Domain);
        _pagetable.EndDomain(blueprint.Domain);
        _lifetime.Run(_environment.Holdings.Free(blueprint.Domain), () =>
        {
            if (_autoDomains.Find(auto => auto.Domain == blueprint.Domain) is { } auto) FailAuto(auto, errno);
            else End(caller, errno);
        });
    }

    private void Withdraw(WithdrawDomain withdraw)
    {
        _pagetable.RemoveDomain(withdraw.Domain);
        _autoDomains.RemoveAll(auto => auto.Domain == withdraw.Domain);
        _lifetime.Run(_environment.Holdings.Free(withdraw.Domain), () =>
            _environment.Context.Tell(
                new Retire(withdraw.Hwpt, false, withdraw.Farewell, (Self, new DomainEnded(withdraw.Domain))), withdraw.Remover));
    }

    private void OnDomainEnded(DomainEnded ended)
    {
        _pagetable.EndDomain(ended.Domain);
        _lifetime.Release(Release.Dependant);
    }

    private void Restore(RestoreDomain restore)
    {
        var errno = _pagetable.AddDomain(restore.Domain);
        if (restore.Hwpt.Auto)
            _autoDomains.Add(new AutoDomain(restore.Domain.Iommu, madeFor: null) { Domain = restore.Domain, Hwpt = restore.Hwpt });
        Sender.Tell(new DomainRestored(errno, restore.Hwpt.Id));
    }
}
