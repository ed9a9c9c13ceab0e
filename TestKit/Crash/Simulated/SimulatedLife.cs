using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Messages;
using Iommu.Replay;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// A simulator from its start to its crash: it opens its contexts, and then makes calls. It takes a turn only when it is told to; a
/// crash is that nobody tells it any more.
/// </summary>
internal sealed class SimulatedLife
{
    /// <summary>In virtual time, and below the patience of callers, which a hung one would run out of.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly ActorSystem _system;
    private readonly ReplaySystem _replay;
    private readonly ModelHardware _hardware;
    private readonly IommuSimulator _simulator;
    private readonly IFailureInjection? _failures;
    private readonly IommufdContext?[] _contexts;
    private readonly List<CrashFinding> _findings = [];
    private readonly HashSet<string> _restarted = [];

    /// <param name="store">What the life before has left.</param>
    /// <param name="contexts">How many.</param>
    /// <param name="seed">Chooses the interleaving.</param>
    /// <param name="failures">Which steps of calls fail; none without.</param>
    /// <param name="restarts">How often in a minute a context that fails is brought back; then its failure is no finding.</param>
    public SimulatedLife(SimulatedStore store, int contexts, long seed, IFailureInjection? failures = null, int restarts = 0)
    {
        _hardware = new ModelHardware(contexts);
        _failures = failures;
        _contexts = new IommufdContext?[contexts];
        _system = ActorSystem.Create("crash", ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            iommu.replay { mode = deterministic, seed = {{seed}} }
            iommu.hardware.steps-per-turn = 1
            iommu.call-patience = 2h
            iommu.contexts.restarts = {{restarts}}
            """).WithFallback(store.Config));
        _replay = ReplaySystem.Of(_system);
        var collector = _system.ActorOf(Props.Create(() => new Collector(_findings)));
        _system.EventStream.Subscribe(collector, typeof(InvariantViolation));
        if (store.Faults.LosesConnectionAt == 0 && restarts == 0) _system.EventStream.Subscribe(collector, typeof(ContextFailed));
        var watcher = _system.ActorOf(Props.Create(() => new RestartWatcher(_restarted)));
        _system.EventStream.Subscribe(watcher, typeof(ContextRestarted));
        _simulator = new IommuSimulator(_system, _hardware.Machine);
        for (var i = 0; i < contexts; i++) Open(i);
    }

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<CrashFinding> Findings => _findings;

    public long Steps => _replay.Steps;

    public bool IsOpen => _contexts.All(context => context is not null);

    public static string NameOf(int context) => $"crash {context}";

    public static ModelMachine Machine(int contexts, int context) => new ModelHardware(contexts).Seats[context].Machine;

    /// <summary>Takes turns until the condition, which is looked at before each, holds. Who waits for ever then is a finding.</summary>
    /// <returns>Whether it holds.</returns>
    public bool Run(Func<bool> until)
    {
        var before = _findings.Count;
        if (_replay.RunUntil(() => _findings.Count > before || until(), Patience)) return _findings.Count == before;
        _findings.Add(new CrashFinding(CrashFault.HungCaller, $"nothing can move: {_replay.WaitReport()}"));
        return false;
    }

    /// <summary>Begins to open a context.</summary>
    public void Open(int context) => _system.ActorOf(Props.Create(() => new Opener(this, context)));

    /// <summary>Begins to make calls on a context.</summary>
    public void Call(int context, ICrashCaller caller)
    {
        var client = new ModelClient(_system, _contexts[context]!);
        _system.ActorOf(Props.Create(() => new Client(client, caller)));
    }

    /// <summary>Throws down one of a context's actors, when it comes to that message: the context, a group, an object.</summary>
    /// <param name="context">Which context.</param>
    /// <param name="choose">Chooses one of so many.</param>
    /// <returns>What it was.</returns>
    public SimulatedPoint Kill(int context, Func<int, int> choose)
    {
        _restarted.Remove(NameOf(context));
        var opened = _contexts[context]!;
        var objects = Enum.GetValues<ObjectType>().SelectMany(opened.Table.All).ToList();
        List<IActorRef> actors =
            [opened.Actor, .. objects.Select(entry => entry.Actor), .. objects.Select(entry => entry.Group).OfType<IActorRef>().Distinct()];
        var chosen = choose(actors.Count);
        actors[chosen].Tell(Akka.Actor.Kill.Instance);
        return chosen == 0 ? SimulatedPoint.Context : chosen <= objects.Count ? SimulatedPoint.Object : SimulatedPoint.Group;
    }

    /// <summary>Whether a context serves after <see cref="Kill"/>: again, or still, when the actor was gone before its turn came.</summary>
    public bool IsBack(int context) => _restarted.Contains(NameOf(context));

    /// <summary>Who waits for whom.</summary>
    public string Waits => _replay.WaitReport();

    public bool IsLost(int context) => _contexts[context]!.Table.Waiting.AreLost;

    /// <summary>What a context is, in the words of <see cref="ModelText"/>.</summary>
    public async Task<string> StateAsync(int context) =>
        $"{await SimulatorState.DescribeAsync(_contexts[context]!)}pins {_hardware.PinsOf(context)}";

    /// <summary>Closes what it has opened. Whatever is left then has leaked.</summary>
    public async Task CloseAsync()
    {
        for (var i = 0; i < _contexts.Length; i++)
        {
            var closed = await _contexts[i]!.CloseAsync();
            if (closed.Errno != Errno.None || closed.Value != 0)
                _findings.Add(new CrashFinding(CrashFault.GraphMismatch, $"the close is answered with {closed.Errno} {closed.Value}"));
        }
        var left = (_hardware.Live, _hardware.Frames.InUse - _hardware.FramesInUse);
        if (left != (0, 0L)) _findings.Add(new CrashFinding(CrashFault.GraphMismatch, $"domains and frames are left: {left}"));
    }

    private sealed class Opener : ReceiveActor
    {
        public Opener(SimulatedLife life, int number)
        {
            Receive<IommufdContext>(context => life._contexts[number] = context);
            Receive<Status.Failure>(failed => life._findings.Add(
                new CrashFinding(CrashFault.GraphMismatch, $"it cannot be recovered: {failed.Cause.Message}")));
            life._simulator.OpenAsync(NameOf(number), life._hardware.Seats[number].Process, life._failures).PipeTo(Self);
        }
    }

    private sealed class Client : ReceiveActor
    {
        private Call _call = null!;

        public Client(ModelClient client, ICrashCaller caller)
        {
            Receive<Answer>(answer =>
            {
                caller.Answered(_call, answer);
                Next();
            });
            Receive<Status.Failure>(failed => caller.Failed(_call, failed.Cause));
            Next();

            void Next()
            {
                if (caller.Next() is not { } next) return;
                _call = next;
                client.CallAsync(next).PipeTo(Self);
            }
        }
    }

    private sealed class RestartWatcher : ReceiveActor
    {
        public RestartWatcher(HashSet<string> restarted) => Receive<ContextRestarted>(it => restarted.Add(it.Name));
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<CrashFinding> findings) =>
            ReceiveAny(problem => findings.Add(new CrashFinding(CrashFault.GraphMismatch, problem.ToString()!)));
    }
}
