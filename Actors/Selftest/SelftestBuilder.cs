using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>
/// Takes the steps of one MOCK_DOMAIN: plug, bind, attach, adopt; each is undone when a later one fails (selftest.c,
/// iommufd_test_mock_domain). It makes its calls as any caller does, and is gone when the call is answered.
/// </summary>
internal sealed class SelftestBuilder(
    ObjectEnvironment environment, MockIommu mock, ObjectId id, MockDomain call, IActorRef caller) : UntypedActor
{
    private readonly MockDeviceFlags _flags = (MockDeviceFlags)call.DeviceFlags;
    private PhysicalDevice? _plugged;
    private ObjectId _bound;
    private ObjectId _hwpt;
    private Action<object> _next = _ => { };

    public static Props Props(ObjectEnvironment environment, MockIommu mock, ObjectId id, MockDomain call, IActorRef caller) =>
        Akka.Actor.Props.Create(() => new SelftestBuilder(environment, mock, id, call, caller));

    protected override void PreStart()
    {
        var plugged = environment.Failures.ShouldFail("plug device") ? Errno.ENOMEM : mock.Plug(_flags);
        if (plugged.Failed)
        {
            GiveUp(plugged.Errno);
            return;
        }
        _plugged = plugged.Value!;
        _next = OnBound;
        environment.Context.Tell(new BindOwned(new OwnedDevice(id, _plugged, _flags)), Self);
    }

    /// <summary>The context has ended with the device not handed over.</summary>
    protected override void PostStop() => Unplug();

    protected override void OnReceive(object message) => _next(message);

    private void OnBound(object message)
    {
        var answer = (Answer)message;
        if (answer.Errno != Errno.None)
        {
            GiveUp(answer.Errno);
            return;
        }
        _bound = answer.Id;
        Ask(new DeviceAttach(_bound, call.PageTable, 0, AttachMode.Attach), OnAttached);
    }

    private void OnAttached(object message)
    {
        var answer = (Answer)message;
        if (answer.Errno != Errno.None)
        {
            Unbind(answer.Errno);
            return;
        }
        _hwpt = answer.Id;
        _next = OnAdopted;
        environment.Context.Tell(new Adopt(new SelftestBlueprint(Self, id, _bound, _plugged!)), Self);
    }

    private void OnAdopted(object message)
    {
        if (message is Abort abort)
        {
            Unbind(abort.Errno);
            return;
        }
        _plugged = null;
        caller.Tell(new MockDomainAnswer(Errno.None, id, _hwpt, _bound));
        Context.Stop(Self);
    }

    /// <summary>An unbind detaches too. It fails only where somebody else has done it: a context that closes.</summary>
    private void Unbind(Errno errno) => Ask(new DeviceUnbind(_bound), _ => GiveUp(errno));

    private void GiveUp(Errno errno)
    {
        Unplug();
        environment.Context.Tell(new GiveUp(id, errno), caller);
        Context.Stop(Self);
    }

    private void Unplug()
    {
        if (_plugged is { } device) mock.Unplug(device);
        _plugged = null;
    }

    private void Ask(Call step, Action<object> next)
    {
        _next = next;
        var route = CallRouter.Find(step, environment.Table, environment.Context, environment.Process);
        if (route.Target is null) next(route.Message);
        else route.Target.Tell(route.Message, Self);
    }
}
