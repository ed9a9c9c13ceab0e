using Akka.Actor;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix refcounting race during mmap" taken back: mmap() goes by what it has looked up, and does not see that the owner of the region is
/// leaving, or gone, by the time that it takes its reference.
/// </summary>
internal sealed class B04 : MailMutant
{
    private readonly Dictionary<IActorRef, ulong> _found = [];

    public override string Name => "B04";

    public override string Summary => "mmap() takes its reference on whatever its lookup has found";

    public override string Scenario => "mmap-destroy";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is Mmap map && sender is not null && World.Context.Table.Regions.Find(map.Offset) is { } region)
            _found[sender] = region.Physical;
        if (message is not Answer answer || !_found.Remove(recipient, out var physical)) return message;
        return answer.Errno == Errno.ENXIO ? new Answer(Errno.None, physical) : answer;
    }
}
