using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.TestKit.Journals;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest.Probes;

namespace Iommu.TestKit.UnderTest;

/// <summary>On, off, and what happens in between without being asked for.</summary>
public sealed partial class MachineUnderTest
{
    private int _kills;

    /// <summary>
    /// The machine goes down as it stands, with calls under way, and comes up again: new hardware, the same journal, and the process with
    /// the memory that it had. What was answered before is there when this ends.
    /// </summary>
    /// <exception cref="RestoreException">What the journal holds cannot be brought back: by the driver, mostly.</exception>
    public async Task CrashAsync()
    {
        RefuseInSearch("a crash of the machine");
        var before = Now;
        _store!.SwitchOff();
        await before.System.Terminate();
        using var left = _store;
        (_life, _store) = (null, null);
        _ports.Clear();
        Driver.SwitchedOff();
        var host = BuildHost();
        var memory = host.CreateProcess();
        memory.TakeOver(before.Memory);
        await SwitchOnAsync(host, new MemoryStore(left), memory);
        foreach (var file in _files) await file.ReopenAsync(Context);
    }

    /// <summary>
    /// Kills an actor at whatever message it comes to now; its context ends with it, and is brought back from its journal while hardware
    /// goes on. Calls under way are answered EIO.
    /// </summary>
    /// <param name="id">An object of the context; none for the context itself.</param>
    /// <exception cref="ExpectationException">The context does not come back.</exception>
    public async Task CrashActorAsync(ObjectId id = default)
    {
        RefuseInSearch("a crash of an actor");
        var actor = id == ObjectId.None ? Context.Actor : Context.Table.Find(id)?.Actor
            ?? throw new ExpectationException($"there is no object {id} whose actor could crash");
        actor.Tell(Kill.Instance);
        try
        {
            await _watch.Ask<int>(new ProblemWatch.AwaitRestarts(++_kills), _options.Patience);
        }
        catch (AskTimeoutException)
        {
            throw new ExpectationException($"the context is not back {_options.Patience.TotalSeconds:0.#} s after its crash");
        }
        foreach (var file in _files) await file.ReopenAsync(Context);
    }

    internal HostHardware BuildHost()
    {
        if (_options.Fault is { } fault && !Hardware.CanPlant(fault.Kind))
            throw new ArgumentException($"{fault.Name} cannot be planted in {Hardware.Name}");
        return Hardware.Build(new HostPlan(
            _options.Guests, Vcpus: 1, _options.Devices, _options.DevicesWithAts, QueueUse.Trapped, _options.Fault, Findings)
        {
            Decoration = new Decoration(driver => new ProbedDriver(driver, Driver), queue => new ProbedQueue(queue, Consumed)),
        });
    }

    private async Task SwitchOnAsync(HostHardware host, MemoryStore store, UserAddressSpace? memory = null)
    {
        _store = store;
        var config = _options.Configuration is { } overlay ? overlay.WithFallback(store.Config) : store.Config;
        var system = ActorSystem.Create("under-test", config);
        (_watch, _kills) = (ProblemWatch.Start(system, Findings), 0);
        var process = new UserProcess(memory ?? host.CreateProcess());
        _life = new Life(host, process, system, new IommuSimulator(system, host.Machine));
        try
        {
            _life = _life with { Context = await _life.Simulator.OpenAsync(ContextName, process, _failures) };
        }
        catch
        {
            await SwitchOffAsync();
            throw;
        }
    }

    /// <summary>Without looking at anything.</summary>
    private async Task SwitchOffAsync()
    {
        if (_life is not { } life) return;
        _life = null;
        await life.System.Terminate();
        _store?.Dispose();
    }

    private void Consumed(string queue, ReadOnlyMemory<ulong> command) =>
        Queue.Add(new ConsumedCommand(queue, command, Clock(), Hardware.Describe(command.Span)));

    private void RefuseInSearch(string what)
    {
        if (Search is not null) throw new InvalidOperationException($"{what} is no choice of a search");
    }
}
