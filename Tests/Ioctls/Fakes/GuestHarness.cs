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
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>
/// A simulator on two IOMMUs of one kind with two devices each, and one of another kind, and short names for what a guest is given.
/// </summary>
internal sealed class GuestHarness : IAsyncDisposable
{
    public static readonly ObjectId Missing = new(99);

    private readonly IommuSimulator _simulator;

    public GuestHarness(Config? config = null, FakeIommu? first = null)
    {
        First = first ?? new FakeIommu("first");
        var impatient = ConfigurationFactory.ParseString("iommu.call-patience = 60s");
        System = ActorSystem.Create("guest", impatient.WithFallback(config ?? SimulatorConfig.None));
        var devices = new IIommuDriver[] { First, Second, Other }.SelectMany(iommu => new[] { 0, 1 }.Select(
            i => new PhysicalDevice($"{iommu.Name}-dev{i}", (uint)i, iommu)));
        _simulator = new IommuSimulator(System, new Machine(devices, [First.Queue, Second.Queue, Other.Queue]));
    }

    public ActorSystem System { get; }

    public FakeIommu First { get; }

    public FakeIommu Second { get; } = new("second");

    /// <summary>Has vIOMMUs of another type, nothing nested straight on a parent, no dirty bits and no hardware queues.</summary>
    public TrivialIommu Other { get; } = new("other");

    public TrivialMemory Memory { get; } = new();

    public UserProcess Process => field ??= new UserProcess(Memory);

    public IommufdContext Context { get; private set; } = null!;

    public async Task<GuestHarness> OpenAsync(IFailureInjection? failures = null)
    {
        Context = await _simulator.OpenAsync("test", Process, failures);
        return this;
    }

    public Task<Answer> Call(Call call) => Context.CallAsync(call);

    /// <summary>A call that must succeed; the id it returns.</summary>
    public async Task<ObjectId> Id(Call call)
    {
        var answer = await Call(call);
        Assert.Equal((call, Errno.None), (call, answer.Errno));
        return answer.Id;
    }

    public async Task Expect(Errno errno, Call call) => Assert.Equal((call, errno), (call, (await Call(call)).Errno));

    public Task<ObjectId> Bind(string device = "first-dev0") => Id(new DeviceBind(device));

    public Task<ObjectId> Ioas() => Id(new IoasAlloc());

    public Task<ObjectId> NestParent(ObjectId device, ObjectId ioas) => Id(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));

    /// <summary>A device, an IOAS, a nest parent, and a vIOMMU on it with a region to map.</summary>
    public async Task<(ObjectId Device, ObjectId Ioas, ObjectId Parent, ObjectId Viommu)> Guest()
    {
        var device = await Bind();
        var ioas = await Ioas();
        var parent = await NestParent(device, ioas);
        return (device, ioas, parent, await Id(ViommuCall(device, parent)));
    }

    public static ViommuAlloc ViommuCall(ObjectId device, ObjectId parent) =>
        new(device, parent, ViommuType.Selftest, 0, new byte[8]);

    public static HwptAlloc NestedCall(ObjectId device, ObjectId parent) =>
        new(device, parent, DataType: FakeIommu.NestedData, Data: new byte[4]);

    public static HwQueueAlloc QueueCall(ObjectId viommu, uint index, ulong iova, ulong lengthBytes = 4096) =>
        new(viommu, HwQueueType.Selftest, index, iova, lengthBytes);

    /// <summary>Every reference is accounted for (I1).</summary>
    public async Task BooksBalance()
    {
        var findings = new Findings();
        await ReferenceCountChecker.CheckAsync(Context, findings);
        Assert.Empty(findings.All.Select(finding => finding.What));
    }

    /// <summary>Everything that a failed call must leave as it was: ids, references, hardware, pins, regions.</summary>
    public async Task<string> State()
    {
        var (graph, taken, objects) = ((string, int, List<IActorRef>))await Context.Actor.Ask<object>(new InspectContext(state =>
            (string.Join(' ', state.Graph.Nodes.Select(node => $"{node.Id}={node.Type}({string.Join(',', node.References)})")),
                state.IdsTaken, state.Objects.Values.ToList())));
        var counts = new List<string>();
        foreach (var actor in objects)
            counts.Add(await actor.AskUnlessGone(o => $"{o.Id}:{o.Counts.Users}/{o.Counts.Waits}"));
        return $"{graph}; taken {taken}; counts {string.Join(' ', counts.Order())}; "
            + $"live {First.Live + Second.Live + Other.Live}; pins {Memory.Pins}";
    }

    /// <summary>Watches that a call which fails leaves everything as it was (I12).</summary>
    public FailureChecker Watch(Findings findings) => new(Context, Process, findings,
        ("hardware", () => First.Live + Second.Live + Other.Live), ("pins", () => Memory.Pins));

    /// <summary>From now on; what is returned tells what the simulator has reported as broken until then.</summary>
    public Func<Task<IReadOnlyList<string>>> CollectProblems()
    {
        var collector = System.ActorOf(Props.Create(() => new Collector()));
        System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        System.EventStream.Subscribe(collector, typeof(ContextFailed));
        return () => collector.Ask<IReadOnlyList<string>>(Collector.Tell);
    }

    public async ValueTask DisposeAsync() => await System.Terminate();

    private sealed class Collector : ReceiveActor
    {
        public const string Tell = "tell";

        public Collector()
        {
            var problems = new List<string>();
            Receive<string>(_ => Sender.Tell(problems.ToArray()));
            ReceiveAny(problem => problems.Add(problem.ToString()!));
        }
    }
}
