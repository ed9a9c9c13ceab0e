using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// What one vIOMMU's driver is served by. Before the vIOMMU is published nobody can map its regions or have a queue for its events.
/// </summary>
internal sealed class ViommuServices(
    string context, MmapTable<ViommuServices> regions, IFailureInjection failures, IVirtualMachine? vm) : IViommuServices
{
    private IActorRef? _viommu;
    private string? _identity;

    /// <summary>The vIOMMU, which the mappings of its regions hold references on; null before it is published.</summary>
    public IActorRef? Viommu => Volatile.Read(ref _viommu);

    public IVirtualMachine? Vm => vm;

    public string? Identity => Volatile.Read(ref _identity);

    /// <summary>It has an id, or has had one before a crash.</summary>
    public void Name(ObjectId id) => Volatile.Write(ref _identity, $"{context}/{id}");

    public void Publish(IActorRef viommu, ObjectId id)
    {
        Name(id);
        Volatile.Write(ref _viommu, viommu);
    }

    public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes) =>
        failures.ShouldFail("alloc mmap") ? Errno.ENOMEM : regions.Alloc(this, physical, lengthBytes);

    public void FreeMmap(ulong offset) => regions.Free(this, offset);

    // Whichever actor's turn this is called in, it is not the one to be answered.
    public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) =>
        Viommu?.Tell(new ReportVevent(type, data.ToArray()), ActorRefs.NoSender);

    /// <summary>The driver has freed the vIOMMU, or has not made it. Null, or what it should have given back.</summary>
    public InvariantViolation? End() => regions.FreeAll(this) is var kept and > 0
        ? new InvariantViolation("I12", $"a vIOMMU's driver kept {kept} mmap regions beyond its end") : null;
}
