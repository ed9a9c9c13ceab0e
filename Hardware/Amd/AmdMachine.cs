using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Amd;

/// <summary>A simulated host: memory, AMD IOMMUs with their drivers started, devices behind them, and processes.</summary>
public sealed class AmdMachine
{
    private const ulong FirstMmio = 0xFD00_0000;
    private const ulong FirstGuestMmio = 0xE000_0000;
    private const ulong MmioBytes = 0x8_0000;
    private const ulong FirstFrame = 0x1_0000_0000;

    private readonly Dictionary<PhysicalDevice, AmdIommu> _iommuOf = [];

    private AmdMachine(long frames) => Frames = new FrameAllocator(Memory, FirstFrame, frames);

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    public List<AmdIommu> Iommus { get; } = [];

    public List<AmdDriver> Drivers { get; } = [];

    public List<PhysicalDevice> Devices { get; } = [];

    /// <summary>The inventory as the core wants it.</summary>
    public Machine ToMachine() => new(Devices, [.. Drivers.Select(driver => driver.Queue)])
    {
        Interrupts = [.. Drivers],
        DoorbellQueues = [.. Iommus.SelectMany(iommu => iommu.Guests).Select(guest => guest.CommandBuffer)],
    };

    /// <summary>Builds a machine; the same arguments build the same one.</summary>
    /// <exception cref="InvalidOperationException">The memory is too small for the tables.</exception>
    public static AmdMachine Create(AmdMachineOptions? options = null)
    {
        options ??= new AmdMachineOptions();
        var machine = new AmdMachine(options.Frames);
        for (var i = 0; i < options.Iommus; i++) machine.AddIommu(i, options);
        return machine;
    }

    public AmdIommu IommuOf(PhysicalDevice device) => _iommuOf[device];

    /// <summary>A way for a device's DMA.</summary>
    public Port OpenPort(PhysicalDevice device, ITransactionWitness<CacheEntry>? witness = null) =>
        IommuOf(device).OpenPort((ushort)device.StreamId, device.HasAts, witness);

    /// <summary>The address space of a new process.</summary>
    public UserAddressSpace CreateProcess() => new(Memory, Frames);

    private void AddIommu(int index, AmdMachineOptions options)
    {
        var registers = new Registers(Memory, FirstMmio + (ulong)index * MmioBytes) { Efr = options.Efr, Efr2 = options.Efr2 };
        var guestPages = FirstGuestMmio + (ulong)(index * options.GuestsPerIommu) * PhysicalMemory.PageBytes;
        var iommu = new AmdIommu($"ivhd{index}", Memory, registers, options.CacheSizes, (options.GuestsPerIommu, guestPages));
        ICommandQueue queue = options.DecorateQueue is { } decorate ? decorate(iommu, iommu.CommandBuffer) : iommu.CommandBuffer;
        var driver = AmdDriver.Start(Memory, Frames, iommu, queue, options.DomainIds);
        if (driver.Failed) throw new InvalidOperationException($"{iommu.Name} does not start: {driver.Errno}");
        Iommus.Add(iommu);
        Drivers.Add(driver.Value!);
        // One for all devices: a vIOMMU and its vDEVICEs must have the same.
        var decorated = options.DecorateDriver?.Invoke(driver.Value!) ?? driver.Value!;
        for (var i = 0; i < options.DevicesPerIommu; i++) AddDevice(driver.Value!, decorated, iommu, index, i, options);
    }

    // Device ids as PCI requester ids: eight functions apart, 32 devices a bus.
    private void AddDevice(
        AmdDriver driver, IIommuDriver decorated, AmdIommu iommu, int iommuIndex, int index, AmdMachineOptions options)
    {
        var id = (uint)(index + 1) << 3;
        var name = $"{iommuIndex:x4}:{id >> 8:x2}:{(id >> 3) & 31:x2}.0";
        var device = new PhysicalDevice(name, id, decorated, index < options.DevicesWithAts);
        driver.AddDevice(device);
        _iommuOf[device] = iommu;
        Devices.Add(device);
    }
}

/// <summary>What a simulated host has.</summary>
public sealed record AmdMachineOptions
{
    public int Iommus { get; init; } = 1;

    public int DevicesPerIommu { get; init; } = 4;

    /// <summary>How many of each IOMMU's devices, the first ones, have an ATC.</summary>
    public int DevicesWithAts { get; init; }

    /// <summary>How many vIOMMUs each IOMMU can have: its interfaces for guests.</summary>
    public int GuestsPerIommu { get; init; } = 64;

    /// <summary>Frames of 4 KiB that tables and processes can take; only what is written costs memory.</summary>
    public long Frames { get; init; } = 1L << 32;

    public CacheSizes CacheSizes { get; init; } = CacheSizes.Default;

    /// <summary>The extended feature registers: what each IOMMU can.</summary>
    public ulong Efr { get; init; } = ExtendedFeatures.Default;

    public ulong Efr2 { get; init; } = ExtendedFeatures.TranslatedGuestRoot;

    /// <summary>The largest domain id that drivers use.</summary>
    public int DomainIds { get; init; } = ushort.MaxValue;

    /// <summary>Wraps each IOMMU's command buffer: faults, checkers. The driver then uses what this returns.</summary>
    public Func<AmdIommu, CommandBuffer, ICommandQueue>? DecorateQueue { get; init; }

    /// <summary>Wraps each IOMMU's driver: failing calls. The devices then name what this returns as their IOMMU.</summary>
    public Func<AmdDriver, IIommuDriver>? DecorateDriver { get; init; }
}
