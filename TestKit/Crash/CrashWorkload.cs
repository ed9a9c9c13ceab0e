using System.Diagnostics;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Journals;
using Iommu.Actors.Simulator;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// The process that is killed: recovers what the journal has, says what that is, and then makes the calls that it is told to make, and says
/// what each was answered. Whatever it has said is in the pipe, which outlives it.
/// </summary>
public sealed class CrashWorkload
{
    private readonly Stream _output;
    private readonly Lock _lock = new();
    private readonly CrashTrigger _trigger;
    private readonly WorkloadOptions _options;
    private readonly ModelHardware _hardware;

    private CrashWorkload(WorkloadOptions options, Stream output)
    {
        (_options, _output) = (options, output);
        _trigger = CrashTrigger.Current = new CrashTrigger(options.Point, options.At, options.Seed);
        _hardware = new ModelHardware(options.Contexts, queue => new CrashQueue(queue, _trigger));
    }

    /// <summary>The name of a context.</summary>
    public static string NameOf(int context) => $"crash {context}";

    /// <param name="options">As <see cref="CrashWire"/> writes them.</param>
    /// <param name="input">Calls, a line each; its end is the end of the process.</param>
    /// <param name="output">Where to say what came of them.</param>
    public static async Task RunAsync(string options, TextReader input, Stream output)
    {
        var workload = new CrashWorkload(CrashWire.ReadOptions(options), output);
        try
        {
            await workload.RunAsync(input);
        }
        catch (Exception e) when (e is RestoreException or JournalException)
        {
            workload.Say($"broken {CrashWire.Fold(e.Message)}");
        }
    }

    private static Config Configure(string journal) => ConfigurationFactory.ParseString($$"""
        akka.loglevel = ERROR
        akka.stdout-loglevel = OFF
        akka.persistence.journal.sql.class = "{{typeof(CrashJournal).FullName}}, {{typeof(CrashJournal).Assembly.GetName().Name}}"
        akka.actor.serializers.iommu-events = "{{typeof(CrashSerializer).FullName}}, {{typeof(CrashSerializer).Assembly.GetName().Name}}"
        iommu.hardware.steps-per-turn = 1
        """).WithFallback(ReadOnlyJournal.IsPostgres(journal) ? SimulatorConfig.Postgres(journal) : SimulatorConfig.Sqlite(journal));

    private async Task RunAsync(TextReader input)
    {
        var config = Configure(_options.Journal);
        var watch = Stopwatch.StartNew();
        var system = ActorSystem.Create("crash", config);
        var collector = system.ActorOf(Props.Create(() => new Collector(this)));
        system.EventStream.Subscribe(collector, typeof(InvariantViolation));
        system.EventStream.Subscribe(collector, typeof(ContextFailed));
        var clients = await OpenAsync(system);
        var took = watch.Elapsed;
        for (var i = 0; i < clients.Length; i++) Say($"state {i} {CrashWire.Fold(await StateAsync(clients[i], i))}");
        Say(FormattableString.Invariant($"ready {took.TotalMilliseconds:0.000} {_trigger.Replayed}"));
        _trigger.Recovered();
        while (await input.ReadLineAsync() is { } line)
        {
            var (context, call) = CrashWire.Split(line);
            _ = CallAsync(int.Parse(context, null), clients[int.Parse(context, null)], CrashWire.ReadCall(call));
        }
        await system.Terminate();
    }

    private async Task<ModelClient[]> OpenAsync(ActorSystem system)
    {
        var simulator = new IommuSimulator(system, _hardware.Machine);
        var contexts = await Task.WhenAll(Enumerable.Range(0, _options.Contexts)
            .Select(i => simulator.OpenAsync(NameOf(i), _hardware.Seats[i].Process, _trigger)));
        return [.. contexts.Select(context => new ModelClient(system, context))];
    }

    private async Task<string> StateAsync(ModelClient client, int seat) =>
        $"{await SimulatorState.DescribeAsync(client.Context)}pins {_hardware.PinsOf(seat)}";

    private async Task CallAsync(int context, ModelClient client, Call call)
    {
        var unmap = call is IoasUnmap or VfioUnmapDma;
        _trigger.Calling(unmap);
        try
        {
            var answer = await client.CallAsync(call);
            _trigger.Replying(unmap);
            Say($"answer {context} {ModelText.Of(call, answer)}");
        }
        catch (AskTimeoutException)
        {
            Say($"hung {context} {ModelText.Of(call)}");
        }
    }

    private void Say(string line)
    {
        lock (_lock) _output.Write(Encoding.UTF8.GetBytes($"{line}{CrashWire.End}\n"));
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(CrashWorkload workload) => ReceiveAny(problem => workload.Say($"problem {CrashWire.Fold(problem.ToString()!)}"));
    }
}
