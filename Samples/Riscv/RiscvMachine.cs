using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using RiscvIommu.Caches;
using RiscvIommu.Driver;

namespace RiscvIommu;

/// <summary>A simulated host: memory, one IOMMU with its driver started, devices behind it, and processes.</summary>
public sealed class RiscvMachine
{
    private const ulong FirstFrame = 0x8000_0000;

    private RiscvMachine(RiscvMachineOptions options)
    {
        Frames = new FrameAllocator(Memory, FirstFrame, options.Frames);
        Unit = new RiscvUnit("riscv-iommu0", Memory, options.TlbPlacesLog2);
        var queue = options.DecorateQueue?.Invoke(Unit, Unit.Commands) ?? Unit.Commands;
        var started = RiscvDriver.Start(Memory, Frames, Unit, queue, options.GscidLast);
        if (started.Failed) throw new InvalidOperationException($"{Unit.Name} does not start: {started.Errno}");
        Driver = started.Value!;
        // One for all devices: a vIOMMU and its vDEVICEs must have the same.
        var iommu = options.DecorateDriver?.Invoke(Driver) ?? Driver;
        // Function 0 of each device, 32 devices a bus.
        for (var i = 1U; i <= options.Devices; i++) Add(new PhysicalDevice($"0000:{i >> 5:x2}:{i & 31:x2}.0", i << 3, iommu));
        Machine = new Machine(Devices, [queue]) { Interrupts = [Driver] };
    }

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    public RiscvUnit Unit { get; }

    public RiscvDriver Driver { get; }

    public List<PhysicalDevice> Devices { get; } = [];

    /// <summary>The inventory as the simulator wants it.</summary>
    public Machine Machine { get; }

    /// <summary>Builds a machine; the same arguments build the same one.</summary>
    /// <exception cref="InvalidOperationException">The memory is too small for the tables.</exception>
    public static RiscvMachine Create(RiscvMachineOptions? options = null) => new(options ?? new RiscvMachineOptions());

    /// <summary>A way for a device's DMA.</summary>
    public Port OpenPort(PhysicalDevice device, ITransactionWitness<TlbEntry>? witness = null) => Unit.OpenPort(device.StreamId, witness);

    /// <summary>The address space of a new process.</summary>
    public UserAddressSpace CreateProcess() => new(Memory, Frames);

    private void Add(PhysicalDevice device)
    {
        if (Driver.AddDevice(device) is var errno and not Iommu.Messages.Errno.None)
            throw new InvalidOperationException($"no room for {device.Name}: {errno}");
        Devices.Add(device);
    }
}

/// <summary>What a simulated host has.</summary>
public sealed record RiscvMachineOptions
{
    public int Devices { get; init; } = 4;

    /// <summary>Frames of 4 KiB that tables and processes can take; only what is written costs memory.</summary>
    public long Frames { get; init; } = 1L << 32;

    /// <summary>Log2 of the translations that the IOMMU caches; few make evictions frequent.</summary>
    public int TlbPlacesLog2 { get; init; } = 10;

    /// <summary>The highest GSCID that the driver uses.</summary>
    public int GscidLast { get; init; } = (1 << 16) - 1;

    /// <summary>Wraps the command queue: faults, checkers. The driver then uses what this returns.</summary>
    public Func<RiscvUnit, CommandQueue, ICommandQueue>? DecorateQueue { get; init; }

    /// <summary>Wraps the driver: probes, failing calls. The devices then name what this returns as their IOMMU.</summary>
    public Func<RiscvDriver, IIommuDriver>? DecorateDriver { get; init; }
}
