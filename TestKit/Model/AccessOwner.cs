using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Simulator;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// The driver of one access. It is told what is pinned, by whoever pins, and told of an unmap it lets go of what is in the range at once.
/// </summary>
internal sealed class AccessOwner : ReceiveActor
{
    private readonly List<AccessPin> _pinned = [];

    public AccessOwner(IommufdContext context)
    {
        IActorRef? creator = null;
        Receive<AccessCreate>(create =>
        {
            creator = Sender;
            context.Send(create, Self);
        });
        Receive<Answer>(answer =>
        {
            creator?.Tell(answer);
            creator = null;
        });
        // Who calls by Send is told of a failure by this alone.
        Receive<ContextFailed>(failed => failed.Name == context.Name, _ =>
        {
            creator?.Tell((Answer)Errno.EIO);
            creator = null;
            _pinned.Clear();
        });
        Receive<AccessPin>(_pinned.Add);
        Receive<AccessUnpin>(unpin => _pinned.RemoveAt(_pinned.FindIndex(pin =>
            (pin.Iova, pin.LengthBytes) == (unpin.Iova, unpin.LengthBytes))));
        Receive<UnmapNotice>(notice =>
        {
            var last = notice.LengthBytes == ulong.MaxValue ? ulong.MaxValue : notice.Iova + (notice.LengthBytes - 1);
            foreach (var pin in _pinned.Where(pin => pin.Iova <= last && pin.Iova + (pin.LengthBytes - 1) >= notice.Iova).ToList())
            {
                context.Send(new AccessUnpin(pin.Access, pin.Iova, pin.LengthBytes), Self);
                _pinned.Remove(pin);
            }
            Sender.Tell(new UnmapNoticed(notice));
        });
    }

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(ContextFailed));
}
