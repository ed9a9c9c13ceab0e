using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix out_fput in iommufd_fault_alloc()" taken back: the error path closes the file of the fault queue, which drops its reference, and
/// then drops that once more.
/// </summary>
internal sealed class B07 : MailMutant
{
    private readonly HashSet<ObjectId> _filled = [];

    public override string Name => "B07";

    public override string Summary => "the error path of a fault queue's creation drops a reference that its file has dropped";

    public override string Scenario => "alloc-munmap";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        var files = World.Hardware.Process.Files;
        for (var descriptor = 0; descriptor < files.Count; descriptor++)
            if (files.Find(descriptor) is EventFile file) _filled.Add(file.Queue);
        if (message is not EventFileClosed) return message;
        var queue = World.Context.Table.All(ObjectType.Fault).FirstOrDefault(entry => entry.Actor.Equals(recipient));
        // One that has had a descriptor is closed by its owner.
        if (queue is null || _filled.Contains(queue.Id)) return message;
        Tell(recipient, message, sender);
        Tell(recipient, Release.Dependant, null);
        return null;
    }
}
