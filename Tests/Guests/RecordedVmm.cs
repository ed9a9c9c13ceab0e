using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.Tests.Hardware.Smmuv3;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Guests;

/// <summary>The machine of a real VMM, set up as far as its recorded calls start: devices, nest parent, vIOMMU, vDEVICEs.</summary>
internal sealed class RecordedVmm : IAsyncDisposable
{
    private readonly Smmuv3Machine _machine;
    private readonly ActorSystem _system = ActorSystem.Create("vmm", SimulatorConfig.None);
    private readonly Dictionary<uint, ObjectId> _devices = [];
    private ObjectId _viommu;

    private RecordedVmm(Func<IIommuDriver, IIommuDriver>? decorate) => _machine = Smmuv3Machine.Create(new()
    {
        DevicesPerSmmu = 12,
        Registers = () => new Registers { Idr0 = 0x0d44101b },
        DecorateQueue = (_, queue) => new Recorder(queue, Queue),
        DecorateDriver = decorate,
    });

    public Capture Capture { get; } = Capture.Open(TestData.Find("linux-nested-4k"));

    /// <summary>What the hardware's queue was given.</summary>
    public List<Command> Queue { get; } = [];

    public IommufdContext Context { get; private set; } = null!;

    /// <summary>Under its virtual stream id.</summary>
    public ObjectId Device(uint virtualStreamId) => _devices[virtualStreamId];

    public ObjectId Viommu => _viommu;

    public object ViommuHardware => Context.Table.Find(_viommu)!.Hardware!;

    /// <param name="decorate">What stands before the SMMU's driver; null for nothing.</param>
    public static async Task<RecordedVmm> StartAsync(Func<IIommuDriver, IIommuDriver>? decorate = null)
    {
        var vmm = new RecordedVmm(decorate);
        await vmm.SetUpAsync();
        return vmm;
    }

    /// <summary>A recorded call as it is made here.</summary>
    public Task<Answer> CallAsync(GuestCall.Invalidate call) => Context.CallAsync(new HwptInvalidate(
        _viommu, InvalidateDataType.ArmSmmuv3, 16, call.Entries.Length, MemoryMarshal.AsBytes<Command>(call.Entries).ToArray()));

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private async Task SetUpAsync()
    {
        var process = new UserProcess(_machine.CreateProcess());
        Context = await new IommuSimulator(_system, _machine.ToMachine()).OpenAsync("vmm", process);
        foreach (var (vsid, sid) in GuestCallTests.StreamIdOfVirtual)
            _devices[vsid] = await Id(new DeviceBind(_machine.Devices.First(device => device.StreamId == sid).Name));
        var first = _devices.First().Value;
        var parent = await Id(new HwptAlloc(first, await Id(new IoasAlloc()), HwptAllocFlags.NestParent));
        _viommu = await Id(new ViommuAlloc(first, parent, ViommuType.ArmSmmuv3));
        foreach (var (vsid, device) in _devices) await Id(new VdeviceAlloc(_viommu, device, vsid));
    }

    private async Task<ObjectId> Id(Call call)
    {
        var answer = await Context.CallAsync(call);
        Assert.Equal((call.GetType(), Errno.None), (call.GetType(), answer.Errno));
        return answer.Id;
    }

    private sealed class Recorder(ICommandQueue inner, List<Command> produced) : ICommandQueue
    {
        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            var taken = inner.Produce(words);
            for (var i = 0; i < taken; i += 2) produced.Add(new Command(words[i], words[i + 1]));
            return taken;
        }

        public QueueStep Step() => inner.Step();
    }
}
