using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>Mock devices, which a context plugs in, and which are of no machine that comes after it.</summary>
internal sealed partial class ContextActor
{
    private void PlugOwned()
    {
        foreach (var device in _graph.Nodes.Select(node => node.Origin).OfType<DeviceBound>())
        {
            if (device.Selftest == ObjectId.None || _settings.Machine.Find(device.Name) is not null) continue;
            var mock = _settings.Machine.Mock ?? throw Broken($"the machine has no mock IOMMU for device {device.Name}");
            Require(mock.PlugAgain(device.Name, (MockDeviceFlags)device.MockFlags), $"device {device.Name}");
        }
    }

    private void RebuildSelftest(SelftestCreated selftest, int users)
    {
        var device = Device(((DeviceBound)_graph.Find(selftest.Device)!.Origin).Name);
        PublishBlueprint(selftest, new SelftestBlueprint(ActorRefs.Nobody, selftest.Id, selftest.Device, device), users);
    }

    private void BuildSelftest(MockDomain call)
    {
        var errno = _settings.Machine.Mock is null ? Errno.EOPNOTSUPP
            : _closing is not null ? Errno.ENODEV
            : _environment.Failures.ShouldFail("reserve id") ? Errno.ENOMEM : Errno.None;
        if (errno != Errno.None)
        {
            Sender.Tell((Answer)errno);
            return;
        }
        var id = _ids.Reserve();
        Context.ActorOf(
            SelftestBuilder.Props(_environment, _settings.Machine.Mock!, id, call, Sender), $"selftest-builder-{id}-{++_incarnations}");
    }

    /// <summary>What the builder found may be another call's work: that is durable first.</summary>
    private void OnGivenUp(GiveUp given)
    {
        var caller = Sender;
        DeferAsync(given, settled =>
        {
            _ids.Free(settled.Id);
            caller.Tell((Answer)settled.Errno);
        });
    }

    private void OnSelftest(SelftestCall call, UserProcess process)
    {
        switch (call)
        {
            case MockAccessCreate when _closing is not null:
                Sender.Tell((Answer)Errno.ENODEV);
                break;
            case MockAccessCreate create:
                Context.ActorOf(AccessFileActor.Props(_environment, process, create, Sender), $"access-file-{++_incarnations}");
                break;
            case MockAccessReopen reopen:
                ReopenAccess(reopen.Access, process);
                break;
            case MockDmabufGet get:
                Sender.Tell(GetDmabuf(get, process));
                break;
            case MockDmabufRevoke revoke:
                RevokeDmabuf(revoke, process);
                break;
        }
    }

    private void ReopenAccess(ObjectId id, UserProcess process)
    {
        if (_closing is not null || _graph.Find(id) is not { Origin: AccessCreated { PinsPages: var pins }, AttachedTo: var ioas })
        {
            Sender.Tell((Answer)(_closing is null ? Errno.ENOENT : Errno.ENODEV));
            return;
        }
        var made = new MockAccessCreate(ioas, pins ? MockAccessCreateFlags.NeedsPinPages : MockAccessCreateFlags.None);
        Context.ActorOf(AccessFileActor.Props(_environment, process, made, Sender, id), $"access-file-{++_incarnations}");
    }

    private Answer GetDmabuf(MockDmabufGet call, UserProcess process)
    {
        if (_settings.Machine.Mock is not { } mock) return Errno.EOPNOTSUPP;
        var buffer = _environment.Failures.ShouldFail("allocate dma-buf") ? Errno.ENOMEM : mock.Exporter.Create(call.LengthBytes);
        if (buffer.Failed) return buffer.Errno;
        var descriptor = process.Files.Install(buffer.Value!);
        if (descriptor.Failed) buffer.Value!.Closed();
        return descriptor.Failed ? descriptor.Errno : new Answer(Errno.None, (ulong)descriptor.Value);
    }

    /// <summary>The answer goes out when no device reaches the buffer any more; the last IOAS that mapped it sends it.</summary>
    private void RevokeDmabuf(MockDmabufRevoke call, UserProcess process)
    {
        var file = process.Files.Find(call.File);
        var errno = SelftestRules.DmabufRevoke(file, _settings.Machine.Mock?.Exporter);
        var caller = Sender;
        if (errno != Errno.None) caller.Tell((Answer)errno);
        else ((DmaBuf)file!).Revoke(call.Revoked, () => caller.Tell(Answer.Success));
    }
}
