using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;

namespace Iommu.Actors;

/// <summary>
/// The composition root: a machine's hardware queues and any number of open contexts, as actors of a system that its caller has
/// made with a configuration of <see cref="SimulatorConfig"/>.
/// </summary>
public sealed class IommuSimulator
{
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromMinutes(30);

    private readonly Machine _machine;
    private readonly QueueDirectory _queues;
    private readonly DeviceOwners _owners = new();
    private readonly IActorRef _simulator;
    private readonly TimeSpan _patience;

    public IommuSimulator(ActorSystem system, Machine machine)
    {
        System = system;
        _machine = machine;
        var config = system.Settings.Config;
        var steps = config.GetInt("iommu.hardware.steps-per-turn", 0);
        _patience = config.GetTimeSpan("iommu.call-patience", TimeSpan.FromSeconds(60));
        _queues = new QueueDirectory(machine.Queues.ToDictionary(
            queue => queue,
            queue => system.ActorOf(CommandQueueActor.Props(queue, steps == 0 ? int.MaxValue : steps), $"queue-{queue.Name}")));
        system.ActorOf(Props.Create(() => new UndeliveredCalls()), "undelivered-calls");
        _simulator = system.ActorOf(Props.Create(() => new SimulatorActor()), "contexts");
    }

    public ActorSystem System { get; }

    /// <summary>Opens /dev/iommu. What the journal has under this name is there again before the task ends.</summary>
    /// <param name="name">What the journal knows the context by; one open at a time.</param>
    /// <param name="process">Who opens it: whose calls these are, unless one says otherwise (<see cref="IommufdContext.As"/>).</param>
    /// <param name="failures">Which steps of its calls fail; null for none.</param>
    /// <exception cref="RestoreException">The journal does not fit this machine.</exception>
    /// <exception cref="InvalidOperationException">A context of that name is open.</exception>
    public async Task<IommufdContext> OpenAsync(string name, UserProcess process, IFailureInjection? failures = null)
    {
        var table = new ObjectTable();
        var settings = new ContextSettings(name, table, _machine, process, _queues, _owners, failures ?? NoFailures.Instance);
        var ready = await _simulator.Ask<ContextReady>(new OpenContext(settings), RecoveryPatience);
        return new IommufdContext(name, ready.Context, table, process, _patience);
    }
}
