using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bench.Calls;

/// <summary>A context with one guest's objects on an SMMUv3, without a journal: what calls cost, not what a disk costs.</summary>
internal sealed class BenchGuest : IAsyncDisposable
{
    private BenchGuest(Smmuv3Machine machine, ActorSystem system, IommufdContext context, UserAddressSpace memory)
    {
        Machine = machine;
        System = system;
        Context = context;
        Memory = memory;
    }

    public Smmuv3Machine Machine { get; }

    public ActorSystem System { get; }

    public IommufdContext Context { get; }

    public UserAddressSpace Memory { get; }

    public ObjectId Device { get; private set; }

    public ObjectId Ioas { get; private set; }

    public ObjectId Parent { get; private set; }

    public ObjectId Viommu { get; private set; }

    /// <summary>Where mmap() finds the registers of a vIOMMU that has some.</summary>
    public ulong MmapOffset { get; private set; }

    public static async Task<BenchGuest> Create(ViommuType type = ViommuType.ArmSmmuv3)
    {
        var hasQueues = type == ViommuType.Tegra241Cmdqv;
        var machine = Smmuv3Machine.Create(new() { Cmdqv = hasQueues ? new CmdqvParameters() : null });
        var system = QuietSystem.Create(SimulatorConfig.None);
        var simulator = new IommuSimulator(system, machine.ToMachine());
        var memory = machine.CreateProcess();
        var context = await simulator.OpenAsync("bench", new UserProcess(memory));
        var guest = new BenchGuest(machine, system, context, memory);
        guest.Device = await guest.Id(new DeviceBind(machine.Devices[0].Name));
        guest.Ioas = await guest.Id(new IoasAlloc());
        guest.Parent = await guest.Id(new HwptAlloc(guest.Device, guest.Ioas, HwptAllocFlags.NestParent));
        var viommu = await context.CallAsync(new ViommuAlloc(guest.Device, guest.Parent, type, 0, hasQueues ? new byte[16] : []));
        guest.Viommu = viommu.Id;
        if (hasQueues) guest.MmapOffset = BitConverter.ToUInt64(((ViommuAnswer)viommu).Data.Span);
        await guest.Id(new VdeviceAlloc(guest.Viommu, guest.Device, 1));
        return guest;
    }

    /// <summary>A call that must succeed.</summary>
    public async Task<ObjectId> Id(Call call)
    {
        var answer = await Context.CallAsync(call);
        return answer.Errno == Errno.None ? answer.Id : throw new InvalidOperationException($"{call}: {answer.Errno}");
    }

    public async ValueTask DisposeAsync() => await System.Terminate();
}
