using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Actors.Core;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Model;

/// <summary>A simulator to hold against the model, on the machine that the model knows.</summary>
internal sealed class ModelWorld : IAsyncDisposable
{
    private readonly SimulatorHarness _harness;
    private readonly List<string> _problems;

    private ModelWorld(SimulatorHarness harness)
    {
        _harness = harness;
        _problems = harness.CollectProblems();
        Machine = Describe();
    }

    public ModelMachine Machine { get; }

    public IommufdContext Context => _harness.Context;

    public SimulatorHarness Harness => _harness;

    /// <summary>What the simulator itself has reported as broken.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public static async Task<ModelWorld> OpenAsync(Config? config = null) => new(await new SimulatorHarness(config).OpenAsync());

    /// <summary>The machine alone, for making calls up without a simulator.</summary>
    public static ModelMachine Describe()
    {
        var devices = new[] { new TrivialRules("first"), new TrivialRules("second") }.SelectMany(rules => new[] { 0, 1 }.Select(i =>
            new ModelDevice($"{rules.Name}-dev{i}", rules, $"{rules.Name}-dev{i}", new(), []))).ToList();
        return new ModelMachine(devices, [new IovaRange(1 << 20, (1 << 30) - 1)]);
    }

    /// <summary>Makes a call. After the last close the context is opened again.</summary>
    public async Task<Answer> CallAsync(Call call)
    {
        var answer = await _harness.Call(call);
        if (call is not Close) return answer;
        if (_harness.First.Live + _harness.Second.Live + _harness.Memory.Pins is var left and not 0)
            return new Answer(answer.Errno, answer.Value + (ulong)left);
        await _harness.OpenAsync();
        return answer;
    }

    /// <summary>The state of the context, in the words of <see cref="ModelText"/>.</summary>
    public async Task<string> StateAsync()
    {
        var (lines, ioases) = ((List<string>, Dictionary<int, IActorRef>))await Context.Actor.Ask<object>(
            new InspectContext(state => Lines(state)));
        foreach (var (at, ioas) in ioases.OrderByDescending(entry => entry.Key))
            lines.InsertRange(at + 1, await ioas.Ask<List<string>>(new Inspect(o => Areas((IoPagetable)o.State!))));
        lines.Add($"pins {_harness.Memory.Pins}");
        return string.Join(Environment.NewLine, lines);
    }

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    private static (List<string>, Dictionary<int, IActorRef>) Lines(ContextInspection state)
    {
        var lines = new List<string>();
        var ioases = new Dictionary<int, IActorRef>();
        foreach (var node in state.Graph.Nodes)
        {
            if (node.Type == ObjectType.Ioas) ioases[lines.Count] = state.Objects[node.Id];
            lines.Add(ModelText.Object(node.Id.Value, node.Type, node.Origin.DependsOn, What(node)));
        }
        var tombstones = state.Graph.Tombstones.ToList();
        if (tombstones.Count > 0) lines.Add($"tombstones {string.Join(", ", tombstones)}");
        if (state.Graph.VfioIoas != ObjectId.None) lines.Add($"vfio {state.Graph.VfioIoas}");
        if (state.Graph.RlimitMode is 1) lines.Add("pins are the process's");
        return (lines, ioases);
    }

    private static string What(GraphNode node) => node.Origin switch
    {
        DeviceBound bound => $" {bound.Name}{string.Concat(node.Attachments.Select(entry => $" {entry.Key}:{entry.Value}"))}",
        HwptPagingAllocated { Auto: true } => " auto",
        VdeviceAllocated vdevice => $" {vdevice.VirtualId:x}",
        _ => "",
    };

    private static List<string> Areas(IoPagetable pagetable) => [.. pagetable.Areas.Select(area => ModelText.Area(
        area.Iova, area.Last, area.UserAddress,
        area.Access.HasFlag(Iommu.Hardware.Access.Read), area.Access.HasFlag(Iommu.Hardware.Access.Write)))];
}
