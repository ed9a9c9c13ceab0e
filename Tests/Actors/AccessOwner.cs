using System.Collections.Concurrent;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.Tests.Actors;

/// <summary>
/// A driver with accesses: makes calls as an actor of its own, so that it is told of unmaps, and lets go of what it has pinned when it is.
/// </summary>
internal sealed class AccessOwner
{
    private readonly IommufdContext _context;
    private readonly ConcurrentQueue<UnmapNotice> _notices = new();

    public AccessOwner(ActorSystem system, IommufdContext context)
    {
        _context = context;
        Actor = system.ActorOf(Props.Create(() => new Driver(this)));
    }

    public IActorRef Actor { get; }

    /// <summary>What it was told, in order.</summary>
    public IReadOnlyCollection<UnmapNotice> Notices => _notices;

    /// <summary>What it does when it is told: lets go, unless a test has other plans.</summary>
    public Action<UnmapNotice, IActorRef>? OnNotice { get; set; }

    public Task<Answer> Call(Call call) => Actor.Ask<Answer>(new Make(call), TimeSpan.FromSeconds(10));

    public async Task<ObjectId> Id(Call call)
    {
        var answer = await Call(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer.Id;
    }

    public async Task Expect(Errno errno, Call call) => Assert.Equal(errno, (await Call(call)).Errno);

    /// <summary>An access that is attached.</summary>
    public async Task<ObjectId> Attached(ObjectId ioas, bool pins = true)
    {
        var access = await Id(new AccessCreate(pins));
        await Expect(Errno.None, new AccessAttach(access, ioas));
        return access;
    }

    private sealed record Make(Call Call);

    private sealed class Driver : ReceiveActor
    {
        private readonly Queue<IActorRef> _callers = new();
        private readonly List<AccessPin> _pinned = [];

        public Driver(AccessOwner owner)
        {
            Receive<Make>(make =>
            {
                if (make.Call is AccessPin pin) _pinned.Add(pin);
                if (make.Call is AccessUnpin unpin) _pinned.RemoveAll(it => it.Access == unpin.Access && it.Iova == unpin.Iova);
                _callers.Enqueue(Sender);
                owner._context.Send(make.Call, Self);
            });
            Receive<Answer>(answer => _callers.Dequeue().Tell(answer));
            Receive<UnmapNotice>(notice =>
            {
                owner._notices.Enqueue(notice);
                if (owner.OnNotice is { } plan) plan(notice, Sender);
                else LetGo(owner._context, notice);
            });
        }

        private void LetGo(IommufdContext context, UnmapNotice notice)
        {
            var last = notice.Iova + (notice.LengthBytes - 1);
            foreach (var pin in _pinned.Where(pin => pin.Access == notice.Access
                && pin.Iova <= last && notice.Iova < pin.Iova + pin.LengthBytes).ToList())
            {
                _pinned.Remove(pin);
                _callers.Enqueue(ActorRefs.Nobody);
                context.Send(new AccessUnpin(pin.Access, pin.Iova, pin.LengthBytes), Self);
            }
            Sender.Tell(new UnmapNoticed(notice));
        }
    }
}
