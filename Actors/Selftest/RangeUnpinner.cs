using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>Unpins what an unmap asks for, says so, and is gone.</summary>
internal sealed class RangeUnpinner(IActorRef access, UnmapNotice notice, IReadOnlyList<PinnedRange> going) : UntypedActor
{
    private int _left = going.Count;

    public static Props Props(IActorRef access, UnmapNotice notice, IReadOnlyList<PinnedRange> going) =>
        Akka.Actor.Props.Create(() => new RangeUnpinner(access, notice, going));

    protected override void PreStart()
    {
        foreach (var range in going) access.Tell(new AccessUnpin(notice.Access, range.Iova, range.LengthBytes), Self);
    }

    protected override void OnReceive(object message)
    {
        if (message is not Answer || --_left > 0) return;
        access.Tell(new UnmapNoticed(notice), Self);
        Context.Stop(Self);
    }
}
