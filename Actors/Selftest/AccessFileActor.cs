using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>
/// The driver behind the file of an access: it owns the ACCESS object, keeps book of what it has pinned, and lets go of it when that is
/// to be unmapped, whatever else it waits for. Calls are taken one at a time (selftest.c, iommufd_test_create_access).
/// </summary>
/// <param name="environment">The context's.</param>
/// <param name="owner">Whose file it is.</param>
/// <param name="create">How it was made, or is as a recovery has found it.</param>
/// <param name="creator">Who gets the descriptor.</param>
/// <param name="existing">After a recovery, the access that is there; none (0) to create one.</param>
internal sealed partial class AccessFileActor(
    ObjectEnvironment environment, UserProcess owner, MockAccessCreate create, IActorRef creator, ObjectId existing) : UntypedActor
{
    private readonly Queue<(Call Call, UserProcess Process, IActorRef Caller)> _waiting = new();
    private readonly List<PinnedRange> _pinned = [];
    private readonly bool _pins = create.Flags.HasFlag(MockAccessCreateFlags.NeedsPinPages);
    private ObjectId _access;
    private ObjectId _ioas = create.Ioas;
    private uint _nextNumber;
    private IActorRef? _closer;
    private Action<Answer>? _awaited;

    public static Props Props(
        ObjectEnvironment environment, UserProcess owner, MockAccessCreate create, IActorRef creator, ObjectId existing = default) =>
        Akka.Actor.Props.Create(() => new AccessFileActor(environment, owner, create, creator, existing));

    protected override void PreStart()
    {
        if (existing != ObjectId.None) Own();
        else if (environment.Failures.ShouldFail("open access file")) End(creator, Errno.ENOMEM);
        else Ask(new AccessCreate(_pins), OnCreated);
    }

    /// <summary>Calls that came while it was being closed are answered as those are that come after it.</summary>
    protected override void PostStop()
    {
        while (_waiting.TryDequeue(out var late)) late.Caller.Tell((Answer)Errno.ENOENT);
        // The context has ended, and has let go of everything.
        _closer?.Tell(Answer.Success);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case UnmapNotice notice:
                LetGo(notice);
                break;
            case FromProcess from:
                _waiting.Enqueue((from.Call, from.Process, Sender));
                TakeNext();
                break;
            case AccessFileClosed:
                _closer = Sender;
                TakeNext();
                break;
            case Answer answer when _awaited is { } awaited:
                _awaited = null;
                awaited(answer);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Own()
    {
        if (environment.Table.Find(existing, ObjectType.Access) is not { } access)
        {
            End(creator, Errno.ENOENT);
            return;
        }
        _awaited = owned =>
        {
            if (owned.Errno != Errno.None)
            {
                End(creator, owned.Errno);
                return;
            }
            _access = existing;
            Install();
        };
        access.Actor.Tell(OwnAccess.Instance, Self);
    }

    private void OnCreated(Answer created)
    {
        if (created.Errno != Errno.None)
        {
            End(creator, created.Errno);
            return;
        }
        _access = created.Id;
        Ask(new AccessAttach(_access, create.Ioas), attached =>
        {
            if (attached.Errno == Errno.None) Install();
            else Destroy(creator, attached.Errno);
        });
    }

    private void Install()
    {
        var descriptor = owner.Files.Install(new MockAccessFile(_access, Self));
        if (descriptor.Failed)
        {
            Destroy(creator, Errno.ENOMEM);
            return;
        }
        creator.Tell(new Answer(Errno.None, (ulong)descriptor.Value));
        TakeNext();
    }

    /// <summary>
    /// What is pinned there is unpinned by a child, so that a call of this actor that waits for the IOAS does not keep the IOAS waiting.
    /// </summary>
    private void LetGo(UnmapNotice notice)
    {
        var going = _pinned.FindAll(range => range.Overlaps(notice.Iova, notice.LengthBytes));
        _pinned.RemoveAll(going.Contains);
        if (going.Count == 0) Sender.Tell(new UnmapNoticed(notice));
        else Context.ActorOf(RangeUnpinner.Props(Sender, notice, going));
    }

    private void TakeNext()
    {
        if (_awaited is not null || _access == ObjectId.None) return;
        if (_waiting.TryDequeue(out var next)) Serve(next.Call, next.Process, answer =>
        {
            next.Caller.Tell(answer);
            TakeNext();
        });
        else if (_closer is not null) Close();
    }

    private void Close()
    {
        if (_pinned is [var first, ..])
        {
            _pinned.RemoveAt(0);
            Ask(new AccessUnpin(_access, first.Iova, first.LengthBytes), _ => Close());
        }
        else Destroy(_closer!, Errno.None);
    }

    private void Destroy(IActorRef caller, Errno errno) => Ask(new AccessDestroy(_access), _ => End(caller, errno));

    private void End(IActorRef caller, Errno errno)
    {
        _closer = null;
        caller.Tell((Answer)errno);
        Context.Stop(Self);
    }

    private void Ask(Call step, Action<Answer> then)
    {
        var route = CallRouter.Find(step, environment.Table, environment.Context, owner, Self);
        if (route.Target is null)
        {
            then((Answer)route.Message);
            return;
        }
        _awaited = then;
        route.Target.Tell(route.Message, Self);
    }
}
