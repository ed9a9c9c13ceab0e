using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>The simulated host of a run: one SMMU that all guests share, and the guests with their devices handed out.</summary>
internal sealed class StressMachine
{
    // 65,536 invalidations, the last few hundredths of a second: what fits into the processor's caches.
    private const int RememberedSetsLog2 = 14;

    // Idle steps by which an early CMD_SYNC runs ahead of its invalidation: some hundred batches.
    private const int StepsLate = 256;

    private readonly Smmuv3Machine _hardware;
    private readonly StaleTranslation _stale;
    private readonly Queue<PhysicalDevice> _withAts;
    private readonly Queue<PhysicalDevice> _withoutAts;

    private StressMachine(Smmuv3Machine hardware, StaleTranslation stale, IReadOnlyList<StressGuest> guests)
    {
        (_hardware, _stale) = (hardware, stale);
        _withAts = new(hardware.Devices.Where(device => device.HasAts));
        _withoutAts = new(hardware.Devices.Where(device => !device.HasAts));
        Guests = [.. guests.Select(guest => new Placed(guest, [.. guest.DevicesWithAts.Select(Take)], Take(false)))];
    }

    public IReadOnlyList<Placed> Guests { get; }

    /// <summary>The inventory as the simulator wants it.</summary>
    public Machine Machine => _hardware.ToMachine();

    public PhysicalMemory Memory => _hardware.Memory;

    /// <summary>How many queues of its own a guest can have.</summary>
    public int QueuesPerGuest => _hardware.Cmdqvs.Count == 0 ? 0 : _hardware.Cmdqvs[0].Parameters.LogicalPerVintf;

    /// <summary>Hits of entries that an invalidation should have removed, as far as they were kept.</summary>
    public int StaleHits => _stale.Breaches.Count;

    /// <summary>A way into the SMMU for a device's DMA; each of its hits is checked (I8).</summary>
    public Port OpenPort(PhysicalDevice device) => _hardware.OpenPort(device, _stale.CreateWitness(device.Name));

    /// <summary>Wraps a guest's own queue, so that what it reports done is held against later hits (I8).</summary>
    public ICommandQueue Watch(ICommandQueue queue, Func<Command, Command> effective) => _stale.Watch(queue, effective);

    /// <exception cref="CaptureException">A capture cannot be read or used.</exception>
    public static StressMachine Build(StressOptions options, Findings findings)
    {
        var captures = options.Captures.Select(prefix => Choose(Capture.Open(prefix), options.Seed)).ToList();
        // Devices are numbered before the guests exist, since memory is the machine's: first those with an ATC.
        var withAts = options.Guests * (options.Devices / 2);
        var devices = options.Guests * (options.Devices + 1) + captures.Sum(chosen => chosen.Snapshot.Streams.Count + 1);
        StaleTranslation? stale = null;
        ICommandQueue? fault = null;
        var repeats = options.Fault?.Kind == FaultKind.RepeatTlbi;
        var cmdqv = options.Hardware == StressHardware.Tegra241
            ? DirectQueues.ParametersFor(options.Guests + captures.Count) : null;
        var hardware = Smmuv3Machine.Create(new Smmuv3MachineOptions
        {
            DevicesPerSmmu = devices,
            DevicesWithAts = withAts,
            RepeatsInvalidations = repeats,
            Cmdqv = cmdqv,
            DecorateQueue = (smmu, queue) =>
            {
                fault = Planted(queue, options.Fault);
                return (stale = new StaleTranslation(smmu, RememberedSetsLog2)).Watch(fault ?? queue, repeats);
            },
        });
        stale!.Found = hit => findings.Report("I8", hit.ToString(),
            options.Fault?.Every == 0 && VictimOf(fault) is { } victim ? [$"the planted fault hit {victim}"] : []);
        var guests = new List<StressGuest>();
        var ats = Enumerable.Range(0, options.Devices).Select(i => i % 2 == 1).ToList();
        for (var i = 0; i < options.Guests; i++)
        {
            var memory = new GuestMemory(hardware.Memory, hardware.CreateProcess());
            if (cmdqv is not null) DirectQueues.AddMemory(memory, options.Vcpus, cmdqv);
            var layout = new GuestLayout(options.Vcpus, options.Devices, options.PagesPerEdit);
            guests.Add(new SyntheticGuest($"guest {i}", new GuestSmmuDriver(memory, layout, ats)));
        }
        foreach (var (capture, snapshot) in captures)
        {
            var memory = new GuestMemory(hardware.Memory, hardware.CreateProcess());
            if (cmdqv is not null) DirectQueues.AddMemory(memory, options.Vcpus, cmdqv);
            guests.Add(new CapturedGuest(snapshot.Name, CaptureGuest.Create(capture, snapshot, memory), options.Vcpus));
        }
        return new StressMachine(hardware, stale, guests);
    }

    private static ICommandQueue? Planted(CommandQueue queue, PlantedFault? fault) => fault?.Kind switch
    {
        FaultKind.DropInvalidation => new DroppedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.DelayInvalidation => new DelayedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.DuplicateInvalidation => new DuplicatedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.AtcTimeout => new AtcTimeoutQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.RepeatTlbi => new RepeatTlbiQueue(queue, fault.AtInvalidation - 1),
        FaultKind.EarlySync => new EarlySyncQueue(queue, fault.AtInvalidation - 1, StepsLate, fault.Every),
        _ => null,
    };

    private static Command? VictimOf(ICommandQueue? fault) => fault switch
    {
        CommandFault mistreating => mistreating.Victim,
        AtcTimeoutQueue silent => silent.Victim,
        _ => null,
    };

    private static (Capture Capture, CaptureSnapshot Snapshot) Choose(Capture capture, int seed) =>
        (capture, capture.Snapshots[(int)((uint)seed % (uint)capture.Snapshots.Count)]);

    private PhysicalDevice Take(bool withAts) => (withAts ? _withAts : _withoutAts).Dequeue();

    /// <param name="Guest">The guest.</param>
    /// <param name="Devices">What it has.</param>
    /// <param name="Spare">The device that its controller moves about.</param>
    internal sealed record Placed(StressGuest Guest, IReadOnlyList<PhysicalDevice> Devices, PhysicalDevice Spare);
}
