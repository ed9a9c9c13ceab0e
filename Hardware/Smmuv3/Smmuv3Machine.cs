using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processors;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Messages;

namespace Iommu.Hardware.Smmuv3;

/// <summary>A simulated host: memory, SMMUs with their drivers started, devices behind them, and processes.</summary>
public sealed class Smmuv3Machine
{
    private const ulong FirstFrame = 0x1_0000_0000;
    private const ulong FirstCmdqv = 0x0520_0000;
    private const ulong CmdqvSpacing = 0x0100_0000;

    private readonly Dictionary<PhysicalDevice, Smmu> _smmuOf = [];

    private Smmuv3Machine(long frames) => Frames = new FrameAllocator(Memory, FirstFrame, frames);

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    /// <summary>Its hypervisor.</summary>
    public KvmHost Kvm { get; } = new();

    public List<Smmu> Smmus { get; } = [];

    public List<Smmuv3Driver> Drivers { get; } = [];

    /// <summary>The CMDQV of each SMMU, where they have one.</summary>
    public List<Cmdqv> Cmdqvs { get; } = [];

    public List<PhysicalDevice> Devices { get; } = [];

    /// <summary>The inventory as the core wants it.</summary>
    public Machine ToMachine() => new(Devices, [.. Drivers.Select(driver => driver.Queue)])
    {
        Interrupts = [.. Drivers],
        DoorbellQueues = [.. Cmdqvs.SelectMany(cmdqv => cmdqv.Vcmdqs)],
    };

    /// <summary>Builds a machine; the same arguments build the same one.</summary>
    /// <exception cref="InvalidOperationException">The memory is too small for the tables.</exception>
    public static Smmuv3Machine Create(Smmuv3MachineOptions? options = null)
    {
        options ??= new Smmuv3MachineOptions();
        var machine = new Smmuv3Machine(options.Frames);
        for (var i = 0; i < options.Smmus; i++) machine.AddSmmu(i, options);
        return machine;
    }

    public Smmu SmmuOf(PhysicalDevice device) => _smmuOf[device];

    /// <summary>A way for a device's DMA, in its own address space or that of a PASID.</summary>
    public Port OpenPort(PhysicalDevice device, ITransactionWitness<CacheEntry>? witness = null, uint? pasid = null) =>
        SmmuOf(device).OpenPort(device.StreamId, device.HasAts, witness, pasid);

    /// <summary>The address space of a new process.</summary>
    public UserAddressSpace CreateProcess() => new(Memory, Frames);

    private void AddSmmu(int index, Smmuv3MachineOptions options)
    {
        var smmu = new Smmu($"smmu{index}", Memory, options.Registers(), options.CacheSizes);
        ICommandQueue queue = options.DecorateQueue is { } decorate ? decorate(smmu, smmu.CommandQueue) : smmu.CommandQueue;
        var driver = Smmuv3Driver.Start(smmu.Name, Memory, Frames, smmu, queue, Kvm, options.RepeatsInvalidations);
        if (driver.Failed) throw new InvalidOperationException($"{smmu.Name} does not start: {driver.Errno}");
        Smmus.Add(smmu);
        Drivers.Add(driver.Value!);
        if (options.Cmdqv is { } parameters) AddCmdqv(index, smmu, driver.Value!, parameters, options);
        // One for all devices: a vIOMMU and its vDEVICEs must have the same.
        var iommu = options.DecorateDriver?.Invoke(driver.Value!) ?? driver.Value!;
        for (var i = 0; i < options.DevicesPerSmmu; i++) AddDevice(driver.Value!, iommu, smmu, index, i, options);
    }

    private void AddCmdqv(int index, Smmu smmu, Smmuv3Driver driver, CmdqvParameters parameters, Smmuv3MachineOptions options)
    {
        var cmdqv = new Cmdqv($"cmdqv{index}", Memory, smmu, parameters);
        var first = FirstCmdqv + (ulong)index * CmdqvSpacing;
        Memory.Attach(first, RegisterMap.LengthBytes(parameters), cmdqv);
        var bus = options.DecorateCmdqv?.Invoke(cmdqv) ?? cmdqv;
        driver.Implementation = Tegra241Driver.Start(driver, cmdqv, new CmdqvBus(bus, first));
        Cmdqvs.Add(cmdqv);
    }

    // Stream ids as PCI requester ids: eight functions apart, 32 devices a bus.
    private void AddDevice(Smmuv3Driver driver, IIommuDriver iommu, Smmu smmu, int smmuIndex, int index, Smmuv3MachineOptions options)
    {
        var sid = (uint)(index + 1) << 3;
        var name = $"{smmuIndex:x4}:{sid >> 8:x2}:{(sid >> 3) & 31:x2}.0";
        var device = new PhysicalDevice(name, sid, iommu, index < options.DevicesWithAts)
        {
            PasidBits = options.PasidBits,
            CanStall = options.DevicesStall,
        };
        if (driver.AddDevice(device) is var errno and not Errno.None) throw new InvalidOperationException($"no memory for {name}: {errno}");
        _smmuOf[device] = smmu;
        Devices.Add(device);
    }
}
