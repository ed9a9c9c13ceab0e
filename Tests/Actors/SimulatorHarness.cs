using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Actors;

/// <summary>A simulator on two trivial IOMMUs with two devices each, and short names for the calls that tests make.</summary>
internal sealed partial class SimulatorHarness : IAsyncDisposable
{
    /// <param name="config">Laid over the journal of none.</param>
    /// <param name="more">More devices of the machine, which may be behind one of the two or another IOMMU.</param>
    public SimulatorHarness(Config? config = null, Func<SimulatorHarness, IEnumerable<PhysicalDevice>>? more = null)
    {
        var impatient = ConfigurationFactory.ParseString("iommu.call-patience = 60s");
        System = ActorSystem.Create("harness", impatient.WithFallback(config ?? SimulatorConfig.None));
        var devices = new[] { First, Second }.SelectMany(iommu => new[] { 0, 1 }.Select(
            i => new PhysicalDevice($"{iommu.Name}-dev{i}", (uint)i, iommu))).ToList();
        Machine = new Machine([.. devices, .. more?.Invoke(this) ?? []], [First.Queue, Second.Queue]);
        Simulator = new IommuSimulator(System, Machine);
    }

    public IommuSimulator Simulator { get; }

    public Machine Machine { get; }

    public ActorSystem System { get; }

    public TrivialIommu First { get; } = new("first");

    public TrivialIommu Second { get; } = new("second");

    public TrivialMemory Memory { get; } = new();

    public UserProcess Process => field ??= new UserProcess(Memory);

    public IommufdContext Context { get; private set; } = null!;

    public async Task<SimulatorHarness> OpenAsync(string name = "test", IFailureInjection? failures = null)
    {
        Context = await Simulator.OpenAsync(name, Process, failures);
        return this;
    }

    public Task<Answer> Call(Call call) => Context.CallAsync(call);

    /// <summary>A call that must succeed; the id it returns.</summary>
    public async Task<ObjectId> Id(Call call)
    {
        var answer = await Call(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer.Id;
    }

    public async Task Expect(Errno errno, Call call) => Assert.Equal(errno, (await Call(call)).Errno);

    public Task<ObjectId> Bind(string device = "first-dev0") => Id(new DeviceBind(device));

    public Task<ObjectId> Ioas() => Id(new IoasAlloc());

    public Task<ObjectId> NestParent(ObjectId device, ObjectId ioas) => Id(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));

    public Task<ObjectId> Viommu(ObjectId device, ObjectId parent) => Id(new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3));

    public Task<ObjectId> Nested(ObjectId device, ObjectId viommu) => Id(NestedCall(device, viommu));

    public static HwptAlloc NestedCall(ObjectId device, ObjectId viommu) =>
        new(device, viommu, DataType: TrivialIommu.NestedData, Data: new byte[16]);

    public static IoasMap Fixed(ObjectId ioas, ulong iova, ulong pages = 1, ulong user = 1 << 20) =>
        new(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, user, pages * 4096, iova);

    /// <summary>Everything that a failed call must leave as it was: objects, references, ids, counts, hardware, pins.</summary>
    public async Task<string> State()
    {
        var (graph, taken, objects) = ((string, int, List<IActorRef>))await Context.Actor.Ask<object>(new InspectContext(
            state => (Describe(state.Graph), state.IdsTaken, state.Objects.Values.ToList())));
        var counts = new List<string>();
        foreach (var actor in objects)
            counts.Add(await actor.AskUnlessGone(o => $"{o.Id}:{o.Counts.Users}/{o.Counts.Waits}"));
        return $"{graph}; taken {taken}; counts {string.Join(' ', counts.Order())}; "
            + $"live {First.Live + Second.Live}; pins {Memory.Pins}{Places()}";
    }

    /// <summary>Watches that a call which fails leaves everything as it was (I12).</summary>
    public FailureChecker Watch(Findings findings) => new(Context, Process, findings,
        ("hardware", () => $"{First.Live + Second.Live} live, {Places()}"), ("pins", () => Memory.Pins));

    /// <summary>Where the hardware has which device, by the ids of HWPTs; nothing when all are blocked.</summary>
    public string Places()
    {
        var places = First.Places.Concat(Second.Places).ToList();
        var texts = places.Select(place => $"{place.Device}/{place.Pasid}:{IdOf(place.Domain)}");
        return places.Count == 0 ? "" : $"; places {string.Join(' ', texts)}";
    }

    /// <summary>The HWPT of a domain; none when it is no object.</summary>
    public ObjectId IdOf(IDomain domain)
    {
        for (var id = new ObjectId(1); id.Value < 1000; id = new ObjectId(id.Value + 1))
            if (ReferenceEquals(Context.Table.Find(id)?.Hardware, domain)) return id;
        return ObjectId.None;
    }

    /// <summary>The counts that the graph, and what the process holds, ask for, in the form of <see cref="State"/>.</summary>
    public async Task<string> ExpectedCounts()
    {
        var (users, linked, objects) = ((Dictionary<ObjectId, int>, HashSet<ObjectId>, Dictionary<ObjectId, IActorRef>))
            await Context.Actor.Ask<object>(new InspectContext(state => (state.Graph.Users(),
                state.Graph.Nodes.Select(node => node.Origin).OfType<VdeviceAllocated>().Select(v => v.Device).ToHashSet(),
                state.Objects.ToDictionary())));
        foreach (var (id, actor) in objects) users[id] += await actor.Ask<int>(new Inspect(found => found.Holds));
        return string.Join(' ', users.Select(e => $"{e.Key}:{e.Value}/{(linked.Contains(e.Key) ? 2 : 1)}").Order());
    }

    /// <summary>What the simulator reports as broken from now on.</summary>
    public List<string> CollectProblems()
    {
        var problems = new List<string>();
        var collector = System.ActorOf(Props.Create(() => new Collector(problems)));
        System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        System.EventStream.Subscribe(collector, typeof(ContextFailed));
        return problems;
    }

    public async ValueTask DisposeAsync() => await System.Terminate();

    private static string Describe(ObjectGraph graph) => string.Join(' ', graph.Nodes.Select(node =>
        $"{node.Id}={node.Type}({string.Join(',', node.References)})"));

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<string> problems) => ReceiveAny(problem => problems.Add(problem.ToString()!));
    }
}
