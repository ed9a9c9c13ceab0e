using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Replay;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Crash.Simulated;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore;

/// <summary>One run of a scenario: a simulator of its own with one open context, on one thread and in virtual time.</summary>
public sealed class World
{
    private const string Name = "explored";

    private static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        iommu.replay { mode = deterministic, seed = 0 }
        iommu.hardware.steps-per-turn = 1
        """);
    private static readonly Config WithoutJournal = Quiet.WithFallback(SimulatorConfig.None);

    // A context that an actor of has failed is brought back, however often that is.
    private static readonly Config WithRestarts = ConfigurationFactory.ParseString("iommu.contexts.restarts = 1000").WithFallback(Quiet);

    private readonly List<Caller> _callers = [];
    private readonly List<Operation> _history = [];
    private long _now;
    private ModelClient? _client;

    internal World(
        WorldHardware hardware, Findings findings, IFailureInjection failures, SimulatedStore? store = null, bool restarts = false)
    {
        (Hardware, Findings, Failures, Store, Restarts) = (hardware, findings, failures, store, restarts);
        var config = store is null ? WithoutJournal : (restarts ? WithRestarts : Quiet).WithFallback(store.Config);
        System = ActorSystem.Create("explore", config);
        Replay = ReplaySystem.Of(System);
        Simulator = new IommuSimulator(System, hardware.Machine);
        if (hardware.Model is { } machine) Before = [new IommufdModel(machine, ModelState.Empty)];
        var collector = System.ActorOf(Props.Create(() => new ProblemCollector(this)), "problems");
        System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        System.EventStream.Subscribe(collector, typeof(Actors.Simulator.ContextFailed));
    }

    public ActorSystem System { get; }

    public IommuSimulator Simulator { get; }

    public WorldHardware Hardware { get; }

    /// <summary>Where whatever looks at the run reports what is broken.</summary>
    public Findings Findings { get; }

    /// <summary>The context that the scenario is about.</summary>
    public IommufdContext Context => Client.Context;

    /// <summary>The controls of the run.</summary>
    public ReplaySystem Replay { get; }

    internal ModelClient Client => _client ?? throw new InvalidOperationException("the context is not open yet");

    /// <summary>Whether its context is brought back when it fails.</summary>
    internal bool Restarts { get; }

    /// <summary>Whether its context is open, and recovered.</summary>
    internal bool IsOpen => _client is not null;

    /// <summary>Its journal; null for none that outlives it.</summary>
    internal SimulatedStore? Store { get; }

    internal IFailureInjection Failures { get; }

    /// <summary>What the context should be before the callers start; null on a machine that the model does not know.</summary>
    internal IommufdModel? Model => Before.Count == 0 ? null : Before[0];

    /// <summary>All that it may be then, where a crash has left states that look alike.</summary>
    internal IReadOnlyList<IommufdModel> Before { get; set; } = [];

    internal IReadOnlyList<Caller> Callers => _callers;

    /// <summary>What callers have called, in the order in which they began.</summary>
    internal IEnumerable<Operation> History => _history.OrderBy(operation => operation.InvokedAt);

    /// <summary>Changes whenever a call is made, and answered.</summary>
    internal long Moment => _now;

    /// <summary>Makes a call that leads there. It must succeed.</summary>
    /// <returns>The id of what it makes.</returns>
    /// <exception cref="ScenarioException">It does not.</exception>
    public async Task<ObjectId> CallAsync(Call call) => (await AnswerAsync(call)).Id;

    /// <summary>The same, for a call that answers with more than an id.</summary>
    public async Task<Answer> AnswerAsync(Call call)
    {
        var answer = await Client.CallAsync(call);
        if (answer.Errno != Errno.None) throw new ScenarioException($"{ModelText.Of(call)} is answered {answer.Errno}");
        var expected = Model?.Step(call);
        var (should, found) = (expected is null ? null : ModelText.Of(call, expected), ModelText.Of(call, answer));
        if (should is not null && should != found) throw new ScenarioException($"{ModelText.Of(call)} is answered {found}, not {should}");
        return answer;
    }

    /// <summary>Adds one who makes calls, one after the other, while others go on. It begins when all that leads there is done.</summary>
    /// <param name="name">Unique in the scenario.</param>
    /// <param name="script">What it calls. It may wait for nothing but what the caller offers, and its own calls.</param>
    public void Caller(string name, Func<Caller, Task> script) => _callers.Add(new Caller(this, name, script));

    internal async Task OpenAsync() =>
        _client = new ModelClient(System, await Simulator.OpenAsync(Name, Hardware.Process, Failures));

    /// <summary>Begins to open it, in turns of which each may be searched.</summary>
    internal void BeginToRecover()
    {
        IsRecovered = true;
        System.ActorOf(Props.Create(() => new Opener(this)), "opener");
    }

    /// <summary>Whether it has begun with what a crash has left.</summary>
    internal bool IsRecovered { get; private set; }

    internal long Tick() => ++_now;

    internal void Note(Caller caller, Call call, Answer answer, long invokedAt) =>
        _history.Add(new Operation(_callers.IndexOf(caller), call, answer, invokedAt, Tick()));

    private sealed class Opener : ReceiveActor
    {
        public Opener(World world)
        {
            Receive<IommufdContext>(context => world._client = new ModelClient(world.System, context));
            Receive<Status.Failure>(failed => world.Findings.Report("I13", $"it cannot be recovered: {failed.Cause.Message}"));
            world.Simulator.OpenAsync(Name, world.Hardware.Process, world.Failures).PipeTo(Self);
        }
    }

    private sealed class ProblemCollector : ReceiveActor
    {
        public ProblemCollector(World world)
        {
            var findings = world.Findings;
            Receive<InvariantViolation>(broken => findings.Report(broken.Invariant, broken.Message));
            Receive<Actors.Simulator.ContextFailed>(failed => world.Restarts && failed.Cause is ActorKilledException, _ => { });
            Receive<Actors.Simulator.ContextFailed>(failed => findings.Report(
                failed.Cause is InvariantViolation broken ? broken.Invariant
                    : world is { IsRecovered: true, IsOpen: false } ? "I13" : Violations.Failure,
                $"context {failed.Name} failed: {failed.Cause.Message}"));
        }
    }
}

/// <summary>A scenario is wrong: what leads to it cannot be done.</summary>
public sealed class ScenarioException(string message) : Exception(message);
