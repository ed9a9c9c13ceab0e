using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>What the model knows of a machine: the devices that there are to bind, and the process that calls.</summary>
/// <param name="Devices">In any order.</param>
/// <param name="Memory">What the process has: user addresses, page by page, and the frames behind them.</param>
/// <param name="Capabilities">What the process is allowed.</param>
internal sealed record ModelMachine(
    IReadOnlyList<ModelDevice> Devices, IReadOnlyList<ModelMemory> Memory, ProcessCapabilities Capabilities = ProcessCapabilities.All)
{
    public ModelDevice? Find(string name) => Devices.FirstOrDefault(device => device.Name == name);

    /// <summary>Whether every page that the bytes touch is there to be pinned.</summary>
    public bool HasMemory(ulong address, ulong lengthBytes)
    {
        var last = address + (lengthBytes - 1);
        var first = address & ~(ModelState.PageBytes - 1);
        return Ranges.Holes(Ranges.Join(Memory.Select(memory => memory.Range)), first, last).Count == 0;
    }

    /// <summary>The frame behind an address that the process has.</summary>
    public ulong Frame(ulong address) => Memory.Single(memory => memory.Range.Meets(new IovaRange(address, address))).Frame(address);
}

/// <summary>An allocation of the process.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Frames">What is behind each page.</param>
internal sealed record ModelMemory(ulong Start, IReadOnlyList<ulong> Frames)
{
    public IovaRange Range => new(Start, Start + (ulong)Frames.Count * ModelState.PageBytes - 1);

    public ulong Frame(ulong address) => Frames[(int)((address - Start) / ModelState.PageBytes)];
}

/// <summary>A device of the machine.</summary>
/// <param name="Name">What a bind calls it.</param>
/// <param name="Iommu">What its IOMMU's driver accepts. Devices behind one IOMMU share the object.</param>
/// <param name="Group">Devices of one group are attached together.</param>
/// <param name="Capabilities">What its IOMMU says of it.</param>
/// <param name="Reserved">IOVAs that it cannot use.</param>
internal sealed record ModelDevice(
    string Name, DriverRules Iommu, string Group, DeviceCapabilities Capabilities, IReadOnlyList<IovaRange> Reserved);
