using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Messages;

namespace Iommu.Hardware.Vtd;

/// <summary>A simulated host: memory, VT-d remapping units with their drivers started, devices behind them, and processes.</summary>
public sealed class VtdMachine
{
    private const ulong FirstGuestMmio = 0xE000_0000;
    private const ulong FirstFrame = 0x1_0000_0000;

    private readonly Dictionary<PhysicalDevice, RemappingUnit> _unitOf = [];

    private VtdMachine(long frames) => Frames = new FrameAllocator(Memory, FirstFrame, frames);

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    public List<RemappingUnit> Units { get; } = [];

    public List<VtdDriver> Drivers { get; } = [];

    public List<PhysicalDevice> Devices { get; } = [];

    /// <summary>The inventory as the core wants it.</summary>
    public Machine ToMachine() => new(Devices, [.. Drivers.Select(driver => driver.Queue)])
    {
        Interrupts = [.. Drivers],
        DoorbellQueues = [.. Units.SelectMany(unit => unit.GuestQueues)],
    };

    /// <summary>Builds a machine; the same arguments build the same one.</summary>
    /// <exception cref="InvalidOperationException">The memory is too small for the tables.</exception>
    public static VtdMachine Create(VtdMachineOptions? options = null)
    {
        options ??= new VtdMachineOptions();
        var machine = new VtdMachine(options.Frames);
        for (var i = 0; i < options.Units; i++) machine.AddUnit(i, options);
        return machine;
    }

    public RemappingUnit UnitOf(PhysicalDevice device) => _unitOf[device];

    /// <summary>A way for a device's DMA.</summary>
    /// <param name="device">Which device.</param>
    /// <param name="pasid">Its address space; null is its own.</param>
    /// <param name="witness">Sees what it hits.</param>
    public Port OpenPort(PhysicalDevice device, uint? pasid = null, ITransactionWitness<TranslationEntry>? witness = null) =>
        UnitOf(device).OpenPort(device.StreamId, new PortOptions(device.HasAts, pasid), witness);

    /// <summary>The address space of a new process.</summary>
    public UserAddressSpace CreateProcess() => new(Memory, Frames);

    private void AddUnit(int index, VtdMachineOptions options)
    {
        var guestPages = FirstGuestMmio + (ulong)(index * options.GuestsPerUnit) * PhysicalMemory.PageBytes;
        var unit = new RemappingUnit(
            $"dmar{index}", Memory, options.Registers(), options.CacheSizes, (options.GuestsPerUnit, guestPages));
        ICommandQueue queue = options.DecorateQueue is { } decorate ? decorate(unit, unit.Queue) : unit.Queue;
        var driver = VtdDriver.Start(Memory, Frames, unit, queue);
        if (driver.Failed) throw new InvalidOperationException($"{unit.Name} does not start: {driver.Errno}");
        Units.Add(unit);
        Drivers.Add(driver.Value!);
        // One for all devices: a vIOMMU and its vDEVICEs must have the same.
        var iommu = options.DecorateDriver?.Invoke(driver.Value!) ?? driver.Value!;
        for (var i = 0; i < options.DevicesPerUnit; i++) AddDevice(driver.Value!, iommu, unit, index, i, options);
    }

    // Function 0 of each device, 32 devices a bus.
    private void AddDevice(
        VtdDriver driver, IIommuDriver iommu, RemappingUnit unit, int unitIndex, int index, VtdMachineOptions options)
    {
        var sourceId = (uint)(index + 1) << 3;
        var name = $"{unitIndex:x4}:{sourceId >> 8:x2}:{(sourceId >> 3) & 31:x2}.0";
        var device = new PhysicalDevice(name, sourceId, iommu, index < options.DevicesWithAts);
        if (driver.AddDevice(device) is var errno and not Errno.None) throw new InvalidOperationException($"no memory for {name}: {errno}");
        _unitOf[device] = unit;
        Devices.Add(device);
    }
}
