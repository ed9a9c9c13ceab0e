using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// An unmap that waits for an owner of pins who does not let go, and another context on the same IOMMU, which makes a guest and takes it
/// down again. The owner lets go when the other context is through: if that waits for the unmap, nothing can move (I9).
/// </summary>
internal sealed class TwoContexts : ModelScenario
{
    private ObjectId _ioas;
    private IActorRef _owner = ActorRefs.Nobody;
    private IommufdContext _other = null!;

    public override string Name => "two-contexts";

    public override string Summary => "IOAS_UNMAP that waits for an access's owner, who waits for the calls of another context";

    public override string Stuck => "I9";

    public override async Task SetUpAsync(World world)
    {
        (var device, _ioas) = await DeviceAsync(world);
        await world.CallAsync(new HwptAlloc(device, _ioas));
        await world.CallAsync(Map(world, _ioas));
        _owner = world.System.ActorOf(Props.Create(() => new StubbornOwner(world.Context)), "owner");
        var access = (await _owner.Ask<Answer>(new AccessCreate(true))).Id;
        world.Model!.Step(new AccessCreate(true));
        await world.CallAsync(new AccessAttach(access, _ioas));
        await world.CallAsync(new AccessPin(access, Iova, Page, true));
        _other = await world.Simulator.OpenAsync("neighbour", world.Hardware.Process);
    }

    public override void Start(World world)
    {
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, Page)));
        world.Caller("neighbour", async caller =>
        {
            await GoThroughAsync(caller);
            _owner.Tell(LetGo.Instance);
        });
    }

    public override async Task CheckAsync(World world)
    {
        var closed = await _other.CloseAsync();
        if (closed != Answer.Success) world.Findings.Report("I1", $"the last close of the other context is answered {closed}");
    }

    /// <summary>What a VMM does, from the bind to the unbind. All of it must succeed.</summary>
    private async Task GoThroughAsync(Caller caller)
    {
        var device = await IdAsync(new DeviceBind(OtherMock));
        var ioas = await IdAsync(new IoasAlloc());
        await IdAsync(Map(caller.World, ioas));
        var parent = await IdAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        await IdAsync(new DeviceAttach(device, parent));
        var viommu = await IdAsync(new ViommuAlloc(device, parent, ViommuType.Selftest));
        await IdAsync(new DeviceDetach(device));
        await IdAsync(new IoasUnmap(ioas, Iova, Page));
        foreach (var id in new[] { viommu, parent, ioas }) await IdAsync(new Destroy(id));
        await IdAsync(new DeviceUnbind(device));

        async Task<ObjectId> IdAsync(Call call)
        {
            var answer = await caller.CallAsync(_other, call);
            if (answer.Errno != Errno.None)
                caller.World.Findings.Report(Violations.Failure, $"{call} of the other context is answered {answer.Errno}");
            return answer.Id;
        }
    }

    /// <summary>Told of an unmap, it lets go of its pin when somebody else says so.</summary>
    private sealed class StubbornOwner : ReceiveActor
    {
        private bool _mayLetGo;
        private (UnmapNotice Notice, IActorRef Asking)? _asked;

        public StubbornOwner(IommufdContext context)
        {
            IActorRef creator = ActorRefs.Nobody;
            Receive<AccessCreate>(create =>
            {
                creator = Sender;
                context.Send(create, Self);
            });
            Receive<Answer>(answer =>
            {
                creator.Tell(answer);
                creator = ActorRefs.Nobody;
            });
            Receive<UnmapNotice>(notice =>
            {
                _asked = (notice, Sender);
                Go();
            });
            Receive<LetGo>(_ =>
            {
                _mayLetGo = true;
                Go();
            });

            void Go()
            {
                if (!_mayLetGo || _asked is not { } asked) return;
                context.Send(new AccessUnpin(asked.Notice.Access, asked.Notice.Iova, asked.Notice.LengthBytes), Self);
                asked.Asking.Tell(new UnmapNoticed(asked.Notice));
                _asked = null;
            }
        }
    }

    private sealed class LetGo
    {
        public static readonly LetGo Instance = new();
    }
}
