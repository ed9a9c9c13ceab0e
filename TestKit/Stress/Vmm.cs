using System.Runtime.InteropServices;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// What a VMM asks of iommufd for a guest with an IOMMU, in the order in which a real one does: devices, an IOAS with the guest's RAM,
/// a nest parent, a vIOMMU on it where there is such, a vDEVICE and a nested HWPT for each device, and attach.
/// </summary>
internal sealed class Vmm(IommufdContext context, GuestMemory memory, IReadOnlyList<VmmDevice> devices, GuestIommu iommu)
{
    private readonly List<ObjectId> _devices = [];
    private readonly List<ObjectId> _nested = [];

    public IommufdContext Context => context;

    public GuestMemory Memory => memory;

    public GuestIommu Iommu => iommu;

    public ObjectId Ioas { get; private set; }

    public ObjectId NestParent { get; private set; }

    /// <summary>None where nested HWPTs are straight on the nest parent.</summary>
    public ObjectId Viommu { get; private set; }

    /// <summary>Where mmap() finds the vIOMMU's registers.</summary>
    public RegisterWindow Registers { get; private set; }

    /// <summary>Its bound devices, in the order given.</summary>
    public IReadOnlyList<ObjectId> Devices => _devices;

    public IReadOnlyList<string> DeviceNames => [.. devices.Select(device => device.Name)];

    /// <summary>The nested HWPT of each device that has one.</summary>
    public IReadOnlyList<ObjectId> Nested => _nested;

    /// <summary>Where an invalidation array about each device goes.</summary>
    public IReadOnlyList<ObjectId> InvalidationTargets =>
        iommu.InvalidatesNested ? _nested : [.. devices.Select(_ => Viommu)];

    /// <summary>User data of a nested HWPT that this guest's tables are good for.</summary>
    public byte[] SomeDeviceEntry => devices.First(device => device.Entry is not null).Entry!;

    /// <exception cref="StressException">A call failed, which on a fresh context none may.</exception>
    public async Task SetUpAsync()
    {
        foreach (var device in devices) _devices.Add(await Do(new DeviceBind(device.Name)));
        Ioas = await Do(new IoasAlloc());
        foreach (var segment in memory.Segments)
            await Do(new IoasMap(Ioas, FlagsOf(segment), segment.UserAddress, segment.LengthBytes, segment.Start));
        NestParent = await Do(new HwptAlloc(_devices[0], Ioas, HwptAllocFlags.NestParent));
        if (iommu.Viommu is { } type) await AllocViommu(type);
        for (var i = 0; i < devices.Count; i++) await Attach(devices[i], _devices[i]);
    }

    /// <summary>Creates a nested HWPT.</summary>
    /// <param name="device">For which device.</param>
    /// <param name="parent">The vIOMMU, or the nest parent where there is none.</param>
    /// <param name="entry">User data.</param>
    /// <param name="flags">Flags.</param>
    public HwptAlloc NestedCall(ObjectId device, ObjectId parent, byte[] entry, HwptAllocFlags flags = HwptAllocFlags.None) =>
        new(device, parent, flags, iommu.HwptDataType, entry);

    /// <summary>A call that must succeed.</summary>
    /// <exception cref="StressException">It failed.</exception>
    public async Task<Answer> Call(Call call)
    {
        var answer = await context.CallAsync(call);
        return answer.Errno == Errno.None ? answer
            : throw new StressException($"{context.Name} cannot be set up: {call} was answered {answer.Errno}");
    }

    /// <summary>Its devices once they are set up, for whoever plays the guest's driver.</summary>
    /// <param name="physical">What they are, in the order given.</param>
    public IReadOnlyList<GuestDevice> Describe(IReadOnlyList<PhysicalDevice> physical)
    {
        var (described, nested) = (new List<GuestDevice>(), 0);
        for (var i = 0; i < devices.Count; i++)
        {
            var id = devices[i].Entry is null ? ObjectId.None : _nested[nested++];
            var domain = id == ObjectId.None ? null : (INestedDomain)context.Table.Find(id)!.Hardware!;
            described.Add(new GuestDevice(
                devices[i].VirtualId, devices[i].Asid, physical[i], devices[i].Pasid, id, domain));
        }
        return described;
    }

    private async Task AllocViommu(ViommuType type)
    {
        var data = iommu.ViommuData;
        var answer = await Call(new ViommuAlloc(_devices[0], NestParent, type, 0, data));
        Viommu = answer.Id;
        if (data.Length > 0) Registers = MemoryMarshal.Read<RegisterWindow>(((ViommuAnswer)answer).Data.Span);
    }

    private async Task Attach(VmmDevice device, ObjectId id)
    {
        if (device.Entry is not { } entry)
        {
            await Do(new DeviceAttach(id, NestParent));
            return;
        }
        if (iommu.Viommu is not null) await Do(new VdeviceAlloc(Viommu, id, device.VirtualId));
        var flags = device.Pasid == 0 ? HwptAllocFlags.None : HwptAllocFlags.Pasid;
        var nested = await Do(NestedCall(id, iommu.Viommu is null ? NestParent : Viommu, entry, flags));
        _nested.Add(nested);
        await Do(new DeviceAttach(id, nested, device.Pasid));
    }

    private async Task<ObjectId> Do(Call call) => (await Call(call)).Id;

    private static IoasMapFlags FlagsOf(GuestSegment segment) => IoasMapFlags.FixedIova | IoasMapFlags.Readable
        | (segment.Access.HasFlag(Access.Write) ? IoasMapFlags.Writeable : IoasMapFlags.None);
}

/// <param name="Name">In the machine.</param>
/// <param name="VirtualId">What the guest calls it.</param>
/// <param name="Entry">The guest's entry for it, user data of its nested HWPT; null attaches it to the nest parent itself.</param>
/// <param name="Asid">What the guest tags its translations by.</param>
/// <param name="Pasid">The address space that is attached; 0 is the device's own.</param>
internal sealed record VmmDevice(string Name, uint VirtualId, byte[]? Entry, ushort Asid = 0, uint Pasid = 0);

/// <summary>
/// What the user data of a vIOMMU with a register page begins with, written back by its allocation (struct iommu_viommu_tegra241_cmdqv,
/// and every other that has one).
/// </summary>
/// <param name="Offset">For mmap().</param>
/// <param name="LengthBytes">Of the page.</param>
internal readonly record struct RegisterWindow(ulong Offset, ulong LengthBytes);
