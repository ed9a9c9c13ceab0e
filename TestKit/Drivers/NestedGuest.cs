using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Drivers;

/// <summary>A guest with one device and one vCPU, set up on a driver without the core: what its VMM's calls come to.</summary>
internal sealed class NestedGuest
{
    // The first ones take a few dozen pages from the start of RAM, and 2 MiB are kept for them.
    private const ulong SecondTables = 0x10_0000;

    private readonly RuleContext _context;

    /// <summary>A guest with memory and a nest parent of its own.</summary>
    public NestedGuest(RuleContext context)
    {
        _context = context;
        Device = DevicesOf(context)[0];
        var before = context.Rig.Frames.InUse;
        Memory = new GuestMemory(context.Rig.Memory, new UserAddressSpace(context.Rig.Memory, context.Rig.Frames));
        Space = new GuestDriver(Memory, Layout, [false], Iommu).Spaces[0];
        FramesOfProcess = context.Rig.Frames.InUse - before;
        Parent = context.Alloc(HwptAllocFlags.NestParent, Device);
        foreach (var segment in Memory.Segments) context.Map(Parent, segment.Start, segment.Frames[0], segment.LengthBytes);
        Viommu = AllocViommu();
    }

    /// <summary>Another vIOMMU on the parent of the first guest, with another device and other tables under the same ids.</summary>
    public NestedGuest(RuleContext context, NestedGuest first)
    {
        _context = context;
        (Device, Memory, Parent) = (DevicesOf(context)[1], first.Memory, first.Parent);
        var table = GuestLayout.RamStart + SecondTables;
        Space = new GuestAddressSpace(Memory, Layout, Iommu, () => (table += GuestMemory.PageBytes) - GuestMemory.PageBytes, 0,
            first.Space.StreamId, hasAts: false);
        Viommu = AllocViommu();
    }

    public static GuestLayout Layout { get; } = new(1, 1, 8);

    public GuestIommu Iommu => _context.Rig.Guest!;

    public PhysicalDevice Device { get; }

    public GuestMemory Memory { get; }

    public GuestAddressSpace Space { get; }

    /// <summary>What the VMM's memory took of the frames that tables are from.</summary>
    public long FramesOfProcess { get; }

    public GuestSegment Ram => Memory.Segments[0];

    public IPagingDomain Parent { get; }

    public IViommuDriver? Viommu { get; }

    public RigServices Services { get; } = new();

    public UserData Entry => new(Iommu.HwptDataType, Space.DeviceEntry());

    public Result<INestedDomain> AllocNested(UserData data, HwptAllocFlags flags = HwptAllocFlags.None) =>
        Viommu is { } viommu ? viommu.AllocNested(flags, data) : _context.Driver.AllocNested(Device, Parent, flags, data);

    /// <summary>The whole way: virtual device, nested domain, attach.</summary>
    public INestedDomain Attach()
    {
        if (Viommu is { } viommu)
            _context.Expect(viommu.AddVdevice(Device, Space.StreamId) == Errno.None, "a virtual device was refused");
        var nested = _context.Done(AllocNested(Entry), "a nested domain");
        _context.Attach(Device, null, nested);
        return nested;
    }

    /// <summary>Undoes it, last things first; the parent stays.</summary>
    public void Free(INestedDomain nested)
    {
        _context.Attach(Device, nested, null);
        Plan.Run(nested.Free());
        Viommu?.RemoveVdevice(Space.StreamId);
        if (Viommu is { } viommu) Plan.Run(viommu.Free());
    }

    /// <summary>Where a page of the guest's leads now.</summary>
    public ulong PhysicalOf(int page) => Memory.PhysicalOf(Space.TargetOf(0, page));

    public static ulong IovaOf(int page) => Layout.PageIova(0, page);

    public InvalidationArray NewArray() => new(dataType: Iommu.InvalidateDataType, entryBytes: Iommu.EntryBytes);

    public PreparedInvalidation Invalidate(INestedDomain nested, InvalidationArray array, InvalidateDataType? type = null)
    {
        var call = array.ToCall(ObjectId.None);
        return Iommu.InvalidatesNested
            ? nested.Invalidate(type ?? call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum)
            : Viommu!.Invalidate(type ?? call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum);
    }

    /// <summary>An array that must be handled, carried out to its end.</summary>
    public void Run(INestedDomain nested, InvalidationArray array)
    {
        var prepared = Invalidate(nested, array);
        _context.Expect(prepared.Errno == Errno.None && prepared.Handled == array.Count,
            $"an invalidation array was answered {prepared.Errno}, {prepared.Handled} of {array.Count} handled");
        if (prepared.Batch is { } batch) Plan.Run(batch);
    }

    private static List<PhysicalDevice> DevicesOf(RuleContext context) => [.. context.Rig.Devices.Where(device => !device.HasAts)];

    private IViommuDriver? AllocViommu() => Iommu.Viommu is not { } type ? null : _context.Done(
        _context.Driver.AllocViommu(Device, Parent, new UserData(type, Iommu.ViommuData), Services), "a vIOMMU");
}
