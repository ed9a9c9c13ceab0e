using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Groups;
using Iommu.Actors.Hardware;
using Iommu.Actors.Objects;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// The composition root: a machine's hardware queues and any number of open contexts, as actors of a system that its caller has
/// made with a configuration of <see cref="SimulatorConfig"/>.
/// </summary>
public sealed class IommuSimulator : IFaultSink
{
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromMinutes(30);

    private readonly Machine _machine;
    private readonly QueueDirectory _queues;
    private readonly DeviceOwners _owners = new();
    private readonly IActorRef _simulator;
    private readonly IActorRef _undelivered;
    private readonly TimeSpan _patience;
    private readonly bool _restarts;
    private readonly bool _allowUnsafeInterrupts;

    public IommuSimulator(ActorSystem system, Machine machine)
    {
        System = system;
        _machine = machine;
        var config = system.Settings.Config;
        var steps = config.GetInt("iommu.hardware.steps-per-turn", 0);
        _allowUnsafeInterrupts = config.GetBoolean("iommu.allow-unsafe-interrupts", false);
        _patience = SimulatorConfig.CallPatience(system);
        _restarts = SimulatorConfig.Restarts(system) > 0;
        _queues = new QueueDirectory(machine.Queues.ToDictionary(
            queue => queue,
            queue => system.ActorOf(CommandQueueActor.Props(queue, steps == 0 ? int.MaxValue : steps), $"queue-{queue.Name}")));
        foreach (var queue in machine.DoorbellQueues)
            system.ActorOf(DrainActor.Props(queue, steps == 0 ? int.MaxValue : steps), $"queue-{queue.Name}");
        _undelivered = UndeliveredCalls.Start(system, _queues);
        foreach (var source in machine.Interrupts)
            system.ActorOf(InterruptActor.Props(source, this, _queues), $"interrupts-{source.Name}");
        _simulator = system.ActorOf(Props.Create(() => new ContextsActor()), "contexts");
    }

    public ActorSystem System { get; }

    /// <summary>Whether the machine has the mock IOMMU, as a kernel with CONFIG_IOMMUFD_TEST has.</summary>
    public bool HasSelftest => _machine.Mock is not null;

    /// <summary>Opens /dev/iommu. What the journal has under this name is there again before the task ends.</summary>
    /// <param name="name">What the journal knows the context by; one open at a time.</param>
    /// <param name="process">Who opens it: whose calls these are, unless one says otherwise (<see cref="IommufdContext.As"/>).</param>
    /// <param name="failures">Which steps of its calls fail; null for none.</param>
    /// <param name="node">By which device node.</param>
    /// <exception cref="RestoreException">The journal does not fit this machine.</exception>
    /// <exception cref="JournalException">
    /// The journal cannot be read or written, or a row of it is not as it should be: <see cref="JournalException.Row"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">A context of that name is open.</exception>
    public async Task<IommufdContext> OpenAsync(
        string name, UserProcess process, IFailureInjection? failures = null, DeviceNode node = DeviceNode.Iommu)
    {
        var settings = new ContextSettings(
            name, new ObjectTable(), _machine, process, _queues, _owners, failures ?? NoFailures.Instance, _allowUnsafeInterrupts, node);
        await _simulator.Ask<ContextReady>(new OpenContext(settings), RecoveryPatience);
        return new IommufdContext(name, settings.Link, _restarts ? _simulator : null, process, _patience);
    }

    /// <summary>The names of the contexts that were opened and not closed, here or by a simulator before it on the same journal.</summary>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<IReadOnlyList<string>> OpenNamesAsync() =>
        (await _simulator.Ask<ContextNames>(ListContexts.Instance, RecoveryPatience)).Names;

    /// <summary>
    /// A device reports a page fault (iommu_report_device_fault). Its group gets one answer, after the request that closes it, by
    /// <see cref="IIommuDriver.RespondToFaults"/>: from whom the faults of its HWPT go to, or INVALID when that is nobody.
    /// </summary>
    public void ReportFault(PhysicalDevice device, PageFault fault) =>
        (_owners.GroupOf(device) ?? _undelivered).Tell(new ReportFault(device, fault), ActorRefs.NoSender);

    /// <summary>
    /// A device is about to be reset (pci_dev_reset_iommu_prepare): when it has ATS it is blocked, and attach and replace of its group
    /// are EBUSY until <see cref="EndResetAsync"/>. What is attached stays so. Resets nest.
    /// </summary>
    public Task<Answer> BeginResetAsync(PhysicalDevice device) => Reset(device, new ResetBegins(device));

    /// <summary>Its reset is over. Answers what a driver says that does not take the device back.</summary>
    public Task<Answer> EndResetAsync(PhysicalDevice device) => Reset(device, new ResetEnds(device));

    private Task<Answer> Reset(PhysicalDevice device, object message) =>
        _owners.GroupOf(device)?.Ask<Answer>(message, _patience) ?? Task.FromResult(Answer.Success);
}
