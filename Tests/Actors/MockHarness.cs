using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Actors;

/// <summary>A simulator on the mock IOMMU, a process with memory and files, and short names for the calls that tests make.</summary>
internal sealed class MockHarness : IAsyncDisposable
{
    /// <summary>The first IOVA that the mock's default tables reach.</summary>
    public const ulong Aperture = 1UL << 24;

    public MockHarness(Config? config = null, ProcessCapabilities capabilities = ProcessCapabilities.All)
    {
        var impatient = ConfigurationFactory.ParseString("iommu.call-patience = 60s");
        System = ActorSystem.Create("mock", impatient.WithFallback(config ?? SimulatorConfig.None));
        Simulator = new IommuSimulator(System, Hardware.Machine);
        Memory = Hardware.CreateAddressSpace();
        Process = new UserProcess(Memory) { Capabilities = capabilities };
    }

    public ActorSystem System { get; }

    public IommuSimulator Simulator { get; }

    public MockMachine Hardware { get; } = new();

    public MockIommu Iommu => Hardware.Iommu;

    public UserAddressSpace Memory { get; }

    public UserProcess Process { get; }

    /// <summary>Which step of the context's calls fails.</summary>
    public FailNth Failures { get; } = new();

    public IommufdContext Context { get; private set; } = null!;

    public async Task<MockHarness> OpenAsync(string name = "test")
    {
        Context = await Simulator.OpenAsync(name, Process, Failures);
        return this;
    }

    public Task<Answer> Call(Call call) => Context.CallAsync(call);

    /// <summary>A call that must succeed; the value it returns.</summary>
    public async Task<ulong> Value(Call call)
    {
        var answer = await Call(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer.Value;
    }

    /// <summary>A call that must succeed; the id it returns.</summary>
    public async Task<ObjectId> Id(Call call) => new((uint)await Value(call));

    /// <summary>A call that must succeed and answers with more than a value.</summary>
    public async Task<TAnswer> Answer<TAnswer>(Call call) where TAnswer : Answer
    {
        var answer = await Call(call);
        Assert.Equal(Errno.None, answer.Errno);
        return Assert.IsType<TAnswer>(answer);
    }

    public async Task Expect(Errno errno, Call call) => Assert.Equal(errno, (await Call(call)).Errno);

    /// <summary>A mock device, plugged in; not bound yet.</summary>
    public PhysicalDevice Plug(MockDeviceFlags flags = MockDeviceFlags.None) => Iommu.Plug(flags).Value!;

    /// <summary>A mock device, plugged in and bound; attached to nothing.</summary>
    public Task<ObjectId> Bind(MockDeviceFlags flags = MockDeviceFlags.None) => Id(new DeviceBind(Plug(flags).Name));

    public MockDevice StateOf(ObjectId device) =>
        Iommu.StateOf((PhysicalDevice)Context.Table.Find(device, ObjectType.Device)!.Hardware!)!;

    public Task<ObjectId> Ioas() => Id(new IoasAlloc());

    public Task<ObjectId> Hwpt(ObjectId device, ObjectId ioas, HwptAllocFlags flags = HwptAllocFlags.None) =>
        Id(new HwptAlloc(device, ioas, flags));

    public Task<ObjectId> NestParent(ObjectId device, ObjectId ioas) => Hwpt(device, ioas, HwptAllocFlags.NestParent);

    /// <summary>A vIOMMU without user data.</summary>
    public Task<ObjectId> Viommu(ObjectId device, ObjectId parent) => Id(new ViommuAlloc(device, parent, ViommuType.Selftest));

    public Task<ObjectId> Nested(ObjectId device, ObjectId parent, HwptAllocFlags flags = HwptAllocFlags.None) =>
        Id(NestedCall(device, parent, flags));

    /// <summary>A nested HWPT on a vIOMMU or a nest parent, its TLB filled with the value that the kernel's suite uses.</summary>
    public static HwptAlloc NestedCall(ObjectId device, ObjectId parent, HwptAllocFlags flags = HwptAllocFlags.None) =>
        new(device, parent, flags, HwptDataType.Selftest, Words(MockNestedDomain.TlbDefault, 0));

    public Task<ObjectId> Vdevice(ObjectId viommu, ObjectId device, ulong virtualId) =>
        Id(new VdeviceAlloc(viommu, device, virtualId));

    /// <summary>New memory of the process; where it is.</summary>
    public ulong Allocate(ulong pages = 1)
    {
        var memory = Memory.Allocate(pages * PhysicalMemory.PageBytes);
        Assert.Equal(Errno.None, memory.Errno);
        return memory.Value;
    }

    /// <summary>Maps memory of the process at a fixed IOVA.</summary>
    public async Task Map(ObjectId ioas, ulong user, ulong pages = 1, ulong iova = Aperture)
    {
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
        Assert.Equal(iova, await Value(new IoasMap(ioas, flags, user, pages * PhysicalMemory.PageBytes, iova)));
    }

    /// <summary>Everything that a failed call must leave as it was: objects, references, ids, counts, devices, memory, pins.</summary>
    public async Task<string> State()
    {
        var (graph, taken, objects) = ((string, int, List<IActorRef>))await Context.Actor.Ask<object>(new InspectContext(state => (
            string.Join(' ', state.Graph.Nodes.Select(node => $"{node.Id}={node.Type}({string.Join(',', node.References)})")),
            state.IdsTaken, state.Objects.Values.ToList())));
        var counts = new List<string>();
        foreach (var actor in objects) counts.Add(await actor.AskUnlessGone(o => $"{o.Id}:{o.Counts.Users}/{o.Counts.Waits}"));
        var devices = string.Join(' ', Hardware.Machine.Devices.Select(device => device.Name));
        return $"{graph}; taken {taken}; counts {string.Join(' ', counts.Order())}; devices {devices}; "
            + $"frames {Hardware.Frames.InUse}; pins {Memory.PinnedTotal}";
    }

    /// <summary>Watches that a call which fails leaves everything as it was (I12).</summary>
    public FailureChecker Watch(Findings findings) => new(Context, Process, findings,
        ("devices", () => string.Join(' ', Hardware.Machine.Devices.Select(device => device.Name))),
        ("frames in use", () => Hardware.Frames.InUse), ("pins", () => Memory.PinnedTotal));

    public static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    public async ValueTask DisposeAsync() => await System.Terminate();
}
