using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Ioctls.Fakes;

/// <summary>A simulator on an SMMUv3 with a CMDQV, a process with memory, and short names for the calls that tests make.</summary>
internal sealed class CmdqvHarness : IAsyncDisposable
{
    public const ulong Iova = 0x10_0000;
    public const int CommandsLog2Max = 8;

    /// <summary>Three VINTFs for guests, of two queues and two stream ids each.</summary>
    public static readonly CmdqvParameters Parameters = new(VintfsLog2: 2, VcmdqsLog2: 3, SidsLog2: 1);

    public CmdqvHarness(Config? config = null, bool hasCmdqv = true)
    {
        Machine = Smmuv3Machine.Create(new()
        {
            Cmdqv = hasCmdqv ? Parameters : null,
            DevicesPerSmmu = 6,
            Registers = () => new Registers { Idr1 = 0x0013_0010 | (CommandsLog2Max << 21) },
        });
        var impatient = ConfigurationFactory.ParseString("iommu.call-patience = 30s");
        System = ActorSystem.Create("cmdqv", impatient.WithFallback(config ?? SimulatorConfig.None));
        Simulator = new IommuSimulator(System, Machine.ToMachine());
        Memory = Machine.CreateProcess();
    }

    public Smmuv3Machine Machine { get; }

    public Cmdqv Cmdqv => Machine.Cmdqvs[0];

    public ActorSystem System { get; }

    public IommuSimulator Simulator { get; }

    public UserAddressSpace Memory { get; }

    public IommufdContext Context { get; private set; } = null!;

    public async Task<CmdqvHarness> OpenAsync(IFailureInjection? failures = null)
    {
        Context = await Simulator.OpenAsync("test", new UserProcess(Memory), failures);
        return this;
    }

    public Task<Answer> Call(Call call) => Context.CallAsync(call);

    public async Task<ObjectId> Id(Call call)
    {
        var answer = await Call(call);
        Assert.Equal((call, Errno.None), (call, answer.Errno));
        return answer.Id;
    }

    public async Task Expect(Errno errno, Call call) => Assert.Equal((call, errno), (call, (await Call(call)).Errno));

    public Task<ObjectId> Bind(int device = 0) => Id(new DeviceBind(Machine.Devices[device].Name));

    public async Task<(ObjectId Device, ObjectId Ioas, ObjectId Parent)> Parent()
    {
        var device = await Bind();
        var ioas = await Id(new IoasAlloc());
        return (device, ioas, await Id(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent)));
    }

    /// <summary>A vIOMMU with four pages of memory, one physical run, at <see cref="Iova"/>.</summary>
    public async Task<(ObjectId Device, ObjectId Ioas, ObjectId Viommu, ulong MmapOffset)> Guest()
    {
        var (device, ioas, parent) = await Parent();
        await Map(ioas);
        var answer = Assert.IsType<ViommuAnswer>(await Call(ViommuCall(device, parent)));
        return (device, ioas, answer.Viommu, BitConverter.ToUInt64(answer.Data.Span));
    }

    public async Task Map(ObjectId ioas) => await Id(new IoasMap(
        ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable,
        Memory.Allocate(0x4000, contiguous: true).Value, 0x4000, Iova));

    public static ViommuAlloc ViommuCall(ObjectId device, ObjectId parent, int dataLength = 16) =>
        new(device, parent, ViommuType.Tegra241Cmdqv, 0, new byte[dataLength]);

    public static HwQueueAlloc QueueCall(ObjectId viommu, uint index = 0, ulong iova = Iova, ulong lengthBytes = 0x1000) =>
        new(viommu, HwQueueType.Tegra241Cmdqv, index, iova, lengthBytes);

    /// <summary>The guest's side of queue 0 after its VMM has mapped the page; switched on.</summary>
    public async Task<VcmdqRing> MapRing(ObjectId ioas, ulong offset)
    {
        var page0 = (await Call(new Mmap(offset, RegisterMap.PageBytes))).Value;
        var ring = new VcmdqRing("guest", Machine.Memory, PhysicalOf(ioas), CommandsLog2Max, page0, 0);
        ring.Enable();
        return ring;
    }

    /// <summary>Waits until the hardware has drained a ring, or stopped. Nobody is told: it can only be looked at.</summary>
    public static QueueStep Drained(ICommandQueue ring)
    {
        var step = QueueStep.Waiting;
        SpinWait.SpinUntil(() => (step = ring.Step()) is QueueStep.Idle or QueueStep.Stopped, TimeSpan.FromSeconds(30));
        return step;
    }

    /// <summary>Reads an event queue until there is something.</summary>
    public static async Task<byte[]> NextEvent(EventFile file)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(30);)
            if (await file.ReadAsync(4096) is { Errno: Errno.None, Bytes.Length: > 0 } read) return read.Bytes.ToArray();
        return [];
    }

    public async Task BooksBalance()
    {
        var findings = new Findings();
        await ReferenceCountChecker.CheckAsync(Context, findings);
        Assert.Empty(findings.All.Select(finding => finding.What));
    }

    public async ValueTask DisposeAsync() => await System.Terminate();

    private ulong PhysicalOf(ObjectId ioas) =>
        ((IPagingDomain)Context.Table.All(ObjectType.HwptPaging).Single().Hardware!).Lookup(Iova)
        ?? throw new InvalidOperationException($"nothing is mapped in {ioas}");
}
