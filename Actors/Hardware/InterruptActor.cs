using Akka.Actor;
using Iommu.Hardware.Drivers;

namespace Iommu.Actors.Hardware;

/// <summary>
/// The interrupt thread of one driver: it fetches what the hardware has to tell, and has it answered, one round after the other. What
/// is there already when it starts is fetched too.
/// </summary>
internal sealed class InterruptActor : UntypedActor
{
    private readonly IInterruptSource _source;
    private readonly IFaultSink _faults;
    private readonly PlanRunner _plans;
    private bool _serving;
    private bool _again;

    public InterruptActor(IInterruptSource source, IFaultSink faults, QueueDirectory queues) =>
        (_source, _faults, _plans) = (source, faults, new PlanRunner(queues, Self));

    public static Props Props(IInterruptSource source, IFaultSink faults, QueueDirectory queues) =>
        Akka.Actor.Props.Create(() => new InterruptActor(source, faults, queues));

    protected override void PreStart()
    {
        var self = Self;
        _source.Raised = () => self.Tell(Interrupt.Instance, ActorRefs.NoSender);
        Serve();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Interrupt when _serving:
                _again = true;
                break;
            case Interrupt:
                Serve();
                break;
            case BatchDone done:
                _plans.OnDone(done);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Serve()
    {
        (_serving, _again) = (true, false);
        _plans.Run(_source.Service(_faults), OnServed);
    }

    private void OnServed()
    {
        _serving = false;
        if (_again) Self.Tell(Interrupt.Instance);
    }

    private sealed class Interrupt : INoSerializationVerificationNeeded
    {
        public static readonly Interrupt Instance = new();
    }
}
