using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress;

/// <summary>The guests of a run: opened, set up, given workers, checked, and closed.</summary>
internal sealed partial class StressActor
{
    private readonly List<Vmm> _vmms = [];
    private readonly List<IActorRef> _workers = [];
    private readonly List<IActorRef> _devices = [];
    private readonly List<WorkerCounters> _counters = [];
    private IActorRef _monitor = ActorRefs.Nobody;

    private async Task SetUp()
    {
        var simulator = new IommuSimulator(Context.System, _plan.Machine.Host.Machine);
        var seed = new RunSeed(_plan.Options.Seed);
        foreach (var placed in _plan.Machine.Guests)
        {
            var process = new UserProcess(placed.Guest.Memory.Process);
            var context = await simulator.OpenAsync($"{_plan.ContextPrefix}{placed.Guest.Name}", process);
            var vmm = new Vmm(context, placed.Guest.Memory, placed.Guest.Describe(placed.Devices), placed.Guest.Iommu);
            await vmm.SetUpAsync();
            _vmms.Add(vmm);
            var queues = _plan.Machine.Host.Queues is { } own
                ? await DirectQueues.SetUpAsync(vmm, placed, own, _plan.Options, _plan.Findings) : [];
            AddWorkers(placed, vmm, queues, seed);
        }
        for (var i = 0; i < _devices.Count; i++) _devices[i].Tell(new DmaActor.Neighbour(_devices[(i + 1) % _devices.Count]));
        StartWork();
    }

    private void AddWorkers(StressMachine.Placed placed, Vmm vmm, IReadOnlyList<DirectQueue> queues, RunSeed seed)
    {
        var guest = placed.Guest;
        var findings = _plan.Findings;
        for (var vcpu = 0; vcpu < _plan.Options.Vcpus; vcpu++)
        {
            var settings = new VcpuSettings(vmm.Context, guest.Vcpu(vcpu, vmm, seed), QuotaOfEach, NewCounters(), findings)
            {
                Direct = queues.Count > 0 ? queues[vcpu] : null,
                Stepwise = StressPlan.IsStepwise(Context.System),
            };
            var actor = AddWorker(VcpuActor.Props(settings), $"{guest.Name} vcpu {vcpu}");
            if (_plan.Options.Operations is not null) _withQuota.Add(actor);
        }
        var host = _plan.Machine.Host;
        var pasids = guest.Describe(placed.Devices).Select(device => device.Pasid);
        var ports = placed.Devices.Zip(pasids, host.OpenPort).ToList();
        foreach (var (name, engine) in guest.Engines(ports, findings, seed)) AddDevice(name, engine);
        var sparePort = host.OpenPort(placed.Spare);
        var spare = $"{guest.Name} spare";
        AddDevice(spare, new SpareDma(spare, sparePort, guest.Memory, findings, seed.Value, seed.NextStream()));
        AddWorker(ControllerActor.Props(new ControllerSettings(
            vmm, guest.HotPlug, placed.Spare.Name, seed.Value, seed.NextStream(), NewCounters(), findings)), $"{guest.Name} controller");
    }

    private long QuotaOfEach => _plan.Options.Operations is not { } operations ? long.MaxValue
        : Math.Max(1, operations / (_plan.Options.Vcpus * _plan.Machine.Guests.Count));

    private void AddDevice(string name, DmaEngine engine) =>
        _devices.Add(AddWorker(DmaActor.Props(engine, NewCounters(), StressPlan.IsStepwise(Context.System)), name));

    private IActorRef AddWorker(Props props, string name)
    {
        var worker = Context.ActorOf(props, name.Replace(' ', '-'));
        _workers.Add(worker);
        return worker;
    }

    private WorkerCounters NewCounters()
    {
        var counters = new WorkerCounters();
        _counters.Add(counters);
        return counters;
    }

    private async Task CheckQuietPoint()
    {
        foreach (var vmm in _vmms)
        {
            await ReferenceCountChecker.CheckAsync(vmm.Context, _plan.Findings);
            await MappingChecker.CheckAsync(vmm.Context, vmm.Memory.Process, _plan.Findings);
        }
    }

    /// <summary>Closes the contexts, each of which must leave nothing behind.</summary>
    private async Task Finish()
    {
        var samples = await _monitor.Ask<MonitorActor.Samples>(new MonitorActor.Finish(), QuietPatience);
        var leaked = 0L;
        foreach (var vmm in _vmms)
        {
            var answer = await vmm.Context.CloseAsync();
            leaked += (long)answer.Value;
            if (answer.Value > 0)
                _plan.Findings.Report("I1", $"{vmm.Context.Name}: {answer.Value} objects could not be destroyed at the close");
            if (vmm.Memory.Process.PinnedTotal != 0)
                _plan.Findings.Report("I5", $"{vmm.Context.Name}: {vmm.Memory.Process.PinnedTotal} pins are left after the close");
        }
        _plan.Result.TrySetResult(Summarize(samples.All, leaked));
    }

    private StressResult Summarize(IReadOnlyList<Sample> samples, long leaked)
    {
        var seconds = (_ended - _started).TotalSeconds;
        var times = new LatencyHistogram();
        foreach (var worker in _counters) times.Add(worker.SyncTimes);
        var invalidations = _counters.Sum(worker => worker.Invalidations);
        var translations = _counters.Sum(worker => worker.Translations);
        var found = _plan.Findings.All;
        return new StressResult
        {
            Runtime = StressRun.RuntimeName,
            Hardware = _plan.Options.Hardware.Name,
            Seconds = seconds,
            InvalidationsTotal = invalidations,
            DirectInvalidationsTotal = _counters.Sum(worker => worker.DirectInvalidations),
            InvalidationsPerS = seconds > 0 ? invalidations / seconds : 0,
            TranslationsTotal = translations,
            TranslationsPerS = seconds > 0 ? translations / seconds : 0,
            SyncsTotal = _counters.Sum(worker => worker.Syncs),
            SyncUs = times.ToLatency(),
            ControlOpsTotal = _counters.Sum(worker => worker.ControlOps),
            Errors = _counters.SelectMany(worker => worker.Errors)
                .GroupBy(error => error.Key, error => error.Value).OrderBy(errno => errno.Key, StringComparer.Ordinal)
                .ToDictionary(errno => errno.Key, errno => errno.Sum()),
            StaleHits = _plan.Machine.Host.StaleHits,
            LeakedReferences = leaked,
            InvariantViolations = found,
            JournalEventsTotal = 0,
            Samples = samples,
            SyncHistogram = times.ByPowersOfTwo(),
        };
    }
}
