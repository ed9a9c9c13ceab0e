using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Trivial;

namespace Iommu.TestKit.Model;

/// <summary>
/// A simulator to hold against the model: four devices behind the mock IOMMU, and behind two IOMMUs of another kind a group of two
/// devices and one more.
/// </summary>
internal sealed class ModelWorld : IAsyncDisposable
{
    private const ulong FirstFrame = 0x1_0000_0000;
    private const int SinglePages = 48;
    private const int HugePages = 1024;

    private static readonly MockDeviceFlags[] MockDevices =
        [MockDeviceFlags.None, MockDeviceFlags.NoDirty, MockDeviceFlags.Pasid, MockDeviceFlags.Pasid];

    private readonly IommuSimulator _simulator;
    private readonly UserAddressSpace _memory;
    private readonly UserProcess _process;
    private readonly FrameAllocator _frames;
    private readonly TrivialIommu[] _trivial = [new("first"), new("second")];
    private readonly List<string> _problems = [];
    private readonly Dictionary<ObjectId, IActorRef> _owners = [];
    private readonly ConcurrentDictionary<ObjectId, EventFile> _files = [];
    private readonly long _framesInUse;
    private readonly IFailureInjection? _failures;

    private ModelWorld(Config? config, IFailureInjection? failures)
    {
        _failures = failures;
        var physical = new PhysicalMemory();
        _frames = new FrameAllocator(physical, FirstFrame, 1 << 20);
        _memory = new UserAddressSpace(physical, _frames);
        _process = new UserProcess(_memory);
        var machine = BuildMachine(physical, _frames, _trivial);
        Machine = Describe(machine, _memory);
        _framesInUse = _frames.InUse;
        System = ActorSystem.Create("model", config ?? SimulatorConfig.None);
        _simulator = new IommuSimulator(System, machine);
        var collector = System.ActorOf(Props.Create(() => new Collector(_problems)));
        System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        System.EventStream.Subscribe(collector, typeof(ContextFailed));
    }

    public ActorSystem System { get; }

    /// <summary>What the model must know.</summary>
    public ModelMachine Machine { get; }

    public IommufdContext Context { get; private set; } = null!;

    /// <summary>What the simulator itself has reported as broken.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <param name="config">How actors run; without, as always.</param>
    /// <param name="failures">Steps that fail though nothing is wrong: a bug that a test plants. None without.</param>
    public static async Task<ModelWorld> OpenAsync(Config? config = null, IFailureInjection? failures = null)
    {
        var world = new ModelWorld(config, failures);
        world.Context = await world._simulator.OpenAsync("model", world._process, failures);
        return world;
    }

    /// <summary>The machine alone, for making calls up without a simulator.</summary>
    public static ModelMachine Describe()
    {
        var physical = new PhysicalMemory();
        var frames = new FrameAllocator(physical, FirstFrame, 1 << 20);
        return Describe(BuildMachine(physical, frames, [new("first"), new("second")]), new UserAddressSpace(physical, frames));
    }

    /// <summary>Makes a call and watches that, if it fails, everything is left as it was (I12).</summary>
    public Task<Answer> CallAsync(Call call, Findings findings)
    {
        var watch = new FailureChecker(Context, _process, findings, ("frames in use", () => _frames.InUse),
            ("pins", () => _memory.PinnedTotal), ("domains and vIOMMUs", () => _trivial.Sum(iommu => iommu.Live)));
        return watch.CallAsync(call, () => CallAsync(call));
    }

    /// <summary>Makes a call. After the last close the context is opened again.</summary>
    public async Task<Answer> CallAsync(Call call)
    {
        if (call is CloseEventFile close) return CloseFile(close.Queue);
        var answer = await (call is AccessCreate create ? CreateAccessAsync(create) : Context.CallAsync(call));
        Keep(answer);
        if (answer.Errno == Errno.None && call is AccessPin or AccessUnpin) _owners[((AccessCall)call).Access].Tell(call);
        if (call is not Close) return answer;
        // What is left is what the kernel would call leaked.
        var left = _trivial.Sum(iommu => iommu.Live) + _memory.PinnedTotal + (_frames.InUse - _framesInUse);
        if (left != 0) return new Answer(answer.Errno, answer.Value + (ulong)left);
        Context = await _simulator.OpenAsync("model", _process, _failures);
        return answer;
    }

    /// <summary>Keeps the file of an event queue, for <see cref="CloseFile"/>.</summary>
    public void Keep(Answer answer)
    {
        if (answer is EventQueueAnswer { File: var file }) _files[answer.Id] = file;
    }

    /// <summary>Closes the file of an event queue. EBADF when there is none.</summary>
    public Answer CloseFile(ObjectId queue)
    {
        if (!_files.TryRemove(queue, out var file)) return Errno.EBADF;
        file.Closed();
        return Answer.Success;
    }

    private async Task<Answer> CreateAccessAsync(AccessCreate create)
    {
        var owner = System.ActorOf(Props.Create(() => new AccessOwner(Context)));
        var answer = await owner.Ask<Answer>(create);
        if (answer.Errno == Errno.None) _owners[answer.Id] = owner;
        return answer;
    }

    /// <summary>The state of the context, in the words of <see cref="ModelText"/>.</summary>
    public async Task<string> StateAsync() =>
        $"{await SimulatorState.DescribeAsync(Context)}pins {_memory.PinnedTotal}";

    public async ValueTask DisposeAsync() => await System.Terminate();

    private static Machine BuildMachine(PhysicalMemory physical, FrameAllocator frames, TrivialIommu[] trivial)
    {
        var group = new IommuGroup("pair");
        var machine = new Machine(
        [
            new PhysicalDevice("first-dev0", 0, trivial[0]) { Group = group },
            new PhysicalDevice("first-dev1", 1, trivial[0]) { Group = group },
            new PhysicalDevice("second-dev0", 0, trivial[1]),
        ], [.. trivial.Select(iommu => iommu.Queue)]);
        machine.Mock = new MockIommu(machine, physical, frames);
        foreach (var flags in MockDevices) machine.Mock.Plug(flags);
        return machine;
    }

    /// <summary>The machine as the model sees it: names and groups are the machine's, what the IOMMUs accept is the model's own.</summary>
    private static ModelMachine Describe(Machine machine, UserAddressSpace memory)
    {
        var rules = machine.Devices.Select(device => device.Iommu).Distinct().ToDictionary(
            iommu => iommu, iommu => iommu is MockIommu ? new MockRules(iommu.Name) : (DriverRules)new TrivialRules(iommu.Name));
        var devices = machine.Devices.Select(device => new ModelDevice(
            device.Name, rules[device.Iommu], device.Group.Name, device.Iommu.Capabilities(device), [])).ToList();
        return new ModelMachine(devices, [Allocate(memory, SinglePages, false), Allocate(memory, HugePages, true)]);
    }

    private static ModelMemory Allocate(UserAddressSpace memory, int pages, bool contiguous)
    {
        var start = memory.Allocate((ulong)pages * ModelState.PageBytes, contiguous).Value;
        return new ModelMemory(start, [.. Enumerable.Range(0, pages).Select(page =>
            memory.Translate(start + (ulong)page * ModelState.PageBytes)!.Value)]);
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<string> problems) => ReceiveAny(problem => problems.Add(problem.ToString()!));
    }
}
