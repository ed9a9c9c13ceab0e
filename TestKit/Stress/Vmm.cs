using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;
using Iommu.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// What a VMM asks of iommufd for a guest with a vIOMMU, in the order in which a real one does: devices, an IOAS with the guest's RAM,
/// a nest parent, a vIOMMU on it, a vDEVICE and a nested HWPT for each device, and attach.
/// </summary>
internal sealed class Vmm(
    IommufdContext context, GuestMemory memory, IReadOnlyList<VmmDevice> devices, string hardware = StressHardware.Smmuv3)
{
    private readonly List<ObjectId> _devices = [];
    private readonly List<ObjectId> _nested = [];

    public IommufdContext Context => context;

    public GuestMemory Memory => memory;

    public ObjectId Ioas { get; private set; }

    public ObjectId NestParent { get; private set; }

    public ObjectId Viommu { get; private set; }

    public ViommuType ViommuType => hardware == StressHardware.Tegra241 ? ViommuType.Tegra241Cmdqv : ViommuType.ArmSmmuv3;

    /// <summary>Where mmap() finds the vIOMMU's registers; 0 when it has none.</summary>
    public ulong MmapOffset { get; private set; }

    /// <summary>Its bound devices, in the order given.</summary>
    public IReadOnlyList<ObjectId> Devices => _devices;

    public IReadOnlyList<string> DeviceNames => [.. devices.Select(device => device.Name)];

    /// <summary>The nested HWPT of each device that has one.</summary>
    public IReadOnlyList<ObjectId> Nested => _nested;

    /// <summary>User data of a nested HWPT that this guest's tables are good for.</summary>
    public byte[] SomeStreamTableEntry => devices.First(device => device.StreamTableEntry is not null).StreamTableEntry!;

    /// <exception cref="StressException">A call failed, which on a fresh context none may.</exception>
    public async Task SetUpAsync()
    {
        foreach (var device in devices) _devices.Add(await Do(new DeviceBind(device.Name)));
        Ioas = await Do(new IoasAlloc());
        foreach (var segment in memory.Segments)
            await Do(new IoasMap(Ioas, FlagsOf(segment), segment.UserAddress, segment.LengthBytes, segment.Start));
        NestParent = await Do(new HwptAlloc(_devices[0], Ioas, HwptAllocFlags.NestParent));
        await AllocViommu();
        for (var i = 0; i < devices.Count; i++) await Attach(devices[i], _devices[i]);
    }

    /// <summary>A call that must succeed.</summary>
    /// <exception cref="StressException">It failed.</exception>
    public async Task<Answer> Call(Call call)
    {
        var answer = await context.CallAsync(call);
        return answer.Errno == Errno.None ? answer
            : throw new StressException($"{context.Name} cannot be set up: {call} was answered {answer.Errno}");
    }

    private async Task AllocViommu()
    {
        var data = ViommuType == ViommuType.Tegra241Cmdqv ? new byte[Unsafe.SizeOf<IommuViommuTegra241Cmdqv>()] : [];
        var answer = await Call(new ViommuAlloc(_devices[0], NestParent, ViommuType, 0, data));
        Viommu = answer.Id;
        if (data.Length > 0) MmapOffset = MemoryMarshal.Read<IommuViommuTegra241Cmdqv>(((ViommuAnswer)answer).Data.Span).OutVintfMmapOffset;
    }

    private async Task Attach(VmmDevice device, ObjectId id)
    {
        if (device.StreamTableEntry is not { } entry)
        {
            await Do(new DeviceAttach(id, NestParent));
            return;
        }
        await Do(new VdeviceAlloc(Viommu, id, device.VirtualStreamId));
        var nested = await Do(new HwptAlloc(id, Viommu, DataType: HwptDataType.ArmSmmuv3, Data: entry));
        _nested.Add(nested);
        await Do(new DeviceAttach(id, nested));
    }

    private async Task<ObjectId> Do(Call call) => (await Call(call)).Id;

    private static IoasMapFlags FlagsOf(GuestSegment segment) => IoasMapFlags.FixedIova | IoasMapFlags.Readable
        | (segment.Access.HasFlag(Access.Write) ? IoasMapFlags.Writeable : IoasMapFlags.None);
}

/// <param name="Name">In the machine.</param>
/// <param name="VirtualStreamId">What the guest calls it.</param>
/// <param name="StreamTableEntry">The guest's entry for it, 16 bytes; null attaches it to the nest parent itself.</param>
internal sealed record VmmDevice(string Name, uint VirtualStreamId, byte[]? StreamTableEntry);
