using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Model;

/// <summary>A simulator to hold against the model, with one context.</summary>
internal sealed class ModelWorld : IAsyncDisposable
{
    private readonly ModelHardware _hardware = new();
    private readonly IommuSimulator _simulator;
    private readonly List<string> _problems = [];
    private readonly IFailureInjection? _failures;
    private ModelClient _client = null!;

    private ModelWorld(Config? config, IFailureInjection? failures)
    {
        _failures = failures;
        System = ActorSystem.Create("model", config ?? SimulatorConfig.None);
        _simulator = new IommuSimulator(System, _hardware.Machine);
        var collector = System.ActorOf(Props.Create(() => new Collector(_problems)));
        System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        System.EventStream.Subscribe(collector, typeof(ContextFailed));
    }

    public ActorSystem System { get; }

    /// <summary>What the model must know.</summary>
    public ModelMachine Machine => _hardware.Seats[0].Machine;

    public IommufdContext Context => _client.Context;

    /// <summary>What the simulator itself has reported as broken.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <param name="config">How actors run; without, as always.</param>
    /// <param name="failures">Steps that fail though nothing is wrong: a bug that a test plants. None without.</param>
    public static async Task<ModelWorld> OpenAsync(Config? config = null, IFailureInjection? failures = null)
    {
        var world = new ModelWorld(config, failures);
        await world.OpenAsync();
        return world;
    }

    /// <summary>The machine alone, for making calls up without a simulator.</summary>
    public static ModelMachine Describe() => new ModelHardware().Seats[0].Machine;

    /// <summary>Makes a call and watches that, if it fails, everything is left as it was (I12).</summary>
    public Task<Answer> CallAsync(Call call, Findings findings)
    {
        var watch = new FailureChecker(Context, _hardware.Seats[0].Process, findings, ("frames in use", () => _hardware.Frames.InUse),
            ("pins", () => _hardware.PinsOf(0)), ("domains and vIOMMUs", () => _hardware.Live));
        return watch.CallAsync(call, () => CallAsync(call));
    }

    /// <summary>Makes a call. After the last close the context is opened again.</summary>
    public async Task<Answer> CallAsync(Call call)
    {
        var answer = await _client.CallAsync(call);
        if (call is not Close) return answer;
        // What is left is what the kernel would call leaked.
        var left = _hardware.Live + _hardware.PinsOf(0) + (_hardware.Frames.InUse - _hardware.FramesInUse);
        if (left != 0) return new Answer(answer.Errno, answer.Value + (ulong)left);
        await OpenAsync();
        return answer;
    }

    /// <summary>Keeps the file of an event queue, for <see cref="CloseFile"/>.</summary>
    public void Keep(Answer answer) => _client.Keep(answer);

    /// <summary>Closes the file of an event queue. EBADF when there is none.</summary>
    public Answer CloseFile(ObjectId queue) => _client.CloseFile(queue);

    /// <summary>The state of the context, in the words of <see cref="ModelText"/>.</summary>
    public async Task<string> StateAsync() => $"{await SimulatorState.DescribeAsync(Context)}pins {_hardware.PinsOf(0)}";

    public async ValueTask DisposeAsync() => await System.Terminate();

    private async Task OpenAsync() => _client =
        new ModelClient(System, await _simulator.OpenAsync("model", _hardware.Seats[0].Process, _failures));

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<string> problems) => ReceiveAny(problem => problems.Add(problem.ToString()!));
    }
}
