using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.TestKit.Trivial;

namespace Iommu.TestKit.Model;

/// <summary>
/// A machine to hold against the model, with seats for one process and its context each: four devices behind the mock IOMMU, and behind
/// two IOMMUs of another kind a group of two devices and one more. One that is built again is the same: names, user addresses, frames.
/// </summary>
internal sealed class ModelHardware
{
    private const ulong FirstFrame = 0x1_0000_0000;
    private const int SinglePages = 48;
    private const int HugePages = 1024;

    private static readonly MockDeviceFlags[] MockDevices =
        [MockDeviceFlags.None, MockDeviceFlags.NoDirty, MockDeviceFlags.Pasid, MockDeviceFlags.Pasid];

    private readonly TrivialIommu[] _trivial;
    private readonly IIommuDriver[] _drivers;
    private readonly List<UserAddressSpace> _memories = [];

    /// <param name="seats">How many contexts have devices of their own.</param>
    /// <param name="decorate">What is put around a hardware queue; nothing without.</param>
    /// <param name="decorateDriver">What is put around the driver of an IOMMU other than the mock; nothing without.</param>
    public ModelHardware(
        int seats = 1, Func<ICommandQueue, ICommandQueue>? decorate = null, Func<IIommuDriver, IIommuDriver>? decorateDriver = null)
    {
        // As hardware has it: a command that does something, and one that waits for it.
        _trivial = [new("first", decorate) { FlushCommands = 2 }, new("second", decorate) { FlushCommands = 2 }];
        _drivers = [.. _trivial.Select(iommu => decorateDriver?.Invoke(iommu) ?? iommu)];
        var physical = new PhysicalMemory();
        Frames = new FrameAllocator(physical, FirstFrame, 1 << 20);
        var devices = Enumerable.Range(0, seats).Select(Devices).ToList();
        Machine = new Machine([.. devices.SelectMany(own => own)], [.. _trivial.Select(iommu => iommu.Commands)]);
        Machine.Mock = new MockIommu(Machine, physical, Frames);
        foreach (var own in devices) own.AddRange(MockDevices.Select(flags => Machine.Mock.Plug(flags).Value!));
        Seats = [.. devices.Select(own => Seat(own, physical))];
        FramesInUse = Frames.InUse;
    }

    public Machine Machine { get; }

    public FrameAllocator Frames { get; }

    /// <summary>By number: the process, and what the model must know of its machine.</summary>
    public IReadOnlyList<(UserProcess Process, ModelMachine Machine)> Seats { get; }

    /// <summary>Frames in use when no context is open.</summary>
    public long FramesInUse { get; }

    /// <summary>Domains and vIOMMUs that exist, of the IOMMUs that count them.</summary>
    public int Live => _trivial.Sum(iommu => iommu.Live);

    /// <summary>Groups of page faults that devices were told the answer to, of the IOMMUs that count them.</summary>
    public int Answered => _trivial.Sum(iommu => iommu.Responses.Count);

    /// <summary>Pages that are pinned in the memory of a seat's process.</summary>
    public long PinsOf(int seat) => _memories[seat].PinnedTotal;

    private List<PhysicalDevice> Devices(int seat)
    {
        var group = new IommuGroup($"pair{seat}");
        return
        [
            new PhysicalDevice($"first-dev{2 * seat}", (uint)(2 * seat), _drivers[0]) { Group = group },
            new PhysicalDevice($"first-dev{2 * seat + 1}", (uint)(2 * seat + 1), _drivers[0]) { Group = group },
            new PhysicalDevice($"second-dev{seat}", (uint)seat, _drivers[1]),
        ];
    }

    private (UserProcess, ModelMachine) Seat(List<PhysicalDevice> devices, PhysicalMemory physical)
    {
        var memory = new UserAddressSpace(physical, Frames);
        _memories.Add(memory);
        return (new UserProcess(memory), Describe(devices, memory));
    }

    /// <summary>The machine as the model sees it: names and groups are the machine's, what the IOMMUs accept is the model's own.</summary>
    private static ModelMachine Describe(List<PhysicalDevice> devices, UserAddressSpace memory)
    {
        var rules = devices.Select(device => device.Iommu).Distinct().ToDictionary(
            iommu => iommu, iommu => iommu is MockIommu ? new MockRules(iommu.Name) : (DriverRules)new TrivialRules(iommu.Name));
        var described = devices.Select(device => new ModelDevice(
            device.Name, rules[device.Iommu], device.Group.Name, device.Iommu.Capabilities(device), [])).ToList();
        return new ModelMachine(described, [Allocate(memory, SinglePages, false), Allocate(memory, HugePages, true)]);
    }

    private static ModelMemory Allocate(UserAddressSpace memory, int pages, bool contiguous)
    {
        var start = memory.Allocate((ulong)pages * ModelState.PageBytes, contiguous).Value;
        return new ModelMemory(start, [.. Enumerable.Range(0, pages).Select(page =>
            memory.Translate(start + (ulong)page * ModelState.PageBytes)!.Value)]);
    }
}
