using System.Numerics;
using System.Runtime.InteropServices;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>
/// A guest's invalidation queue: what a VTD_S1 array asks of a nested HWPT becomes descriptors that name the guest's own domain id and
/// PASID, and after them those of the device's TLB, which an array takes care of by itself.
/// </summary>
internal sealed class VtdQueue : GuestQueue
{
    private const int EntryBytes = 24;
    private const uint LeafFlag = 1;

    private static readonly Descriptor Sync = Descriptor.Fence();

    // Its PASID table is the host's to write, and so to invalidate.
    private static readonly Descriptor Mistake = Descriptor.PasidCacheAll();

    private readonly PhysicalMemory _memory;
    private readonly ulong _registers;
    private readonly int _maxAddressMask;
    private readonly HeadTailRing _ring;
    private readonly Dictionary<ObjectId, GuestDevice> _devices;

    public VtdQueue(
        QueueGrant grant, PhysicalMemory memory, ulong ringBytes, int maxAddressMask, Func<ICommandQueue, ICommandQueue> watch)
    {
        (_memory, _registers, _maxAddressMask) = (memory, grant.Registers, maxAddressMask);
        _devices = grant.Devices.ToDictionary(device => device.NestedId);
        _ring = new HeadTailRing(
            grant.Name, memory, grant.Ring, ringBytes, Descriptor.Words, grant.Registers, () => ErrorRegister != 0);
        Ring = watch(_ring);
    }

    public override ICommandQueue Ring { get; }

    public override int Room => _ring.Room;

    public override string Error => $"error {ErrorRegister} ({(QueueError)ErrorRegister})";

    public override IReadOnlyList<(string Register, ulong Value)> LeftOver =>
        [("head", _ring.Head), ("tail", _ring.Tail), ("error", ErrorRegister)];

    private uint ErrorRegister => _memory.Read32(_registers + GuestInvalidationQueue.ErrorOffset);

    public override bool TryAdd(HwptInvalidate call, List<ulong> words)
    {
        var device = _devices[call.Target];
        var entries = MemoryMarshal.Cast<byte, IommuHwptVtdS1Invalidate>(call.Entries.Span[..(call.EntryNum * EntryBytes)]);
        foreach (var entry in entries)
            if ((entry.Flags & ~LeafFlag) != 0) return false;
        foreach (var entry in entries) Add(words, OfUnit(device, entry));
        if (!device.Physical.HasAts) return true;
        foreach (var entry in entries) Add(words, OfDevice(device, entry));
        return true;
    }

    public override void AddSync(List<ulong> words) => Add(words, Sync);

    public override void AddMistake(List<ulong> words) => Add(words, Mistake);

    public override void Mend()
    {
        _ring.Replace(Sync.Word0, Sync.Word1, Sync.Word2, Sync.Word3);
        _memory.Write32(_registers + GuestInvalidationQueue.ErrorOffset, 0);
    }

    private Descriptor OfUnit(GuestDevice device, IommuHwptVtdS1Invalidate entry) =>
        PagesLog2(entry) is { } log2 && log2 <= _maxAddressMask
            ? Descriptor.PasidIotlbPages(device.Asid, device.Pasid, entry.Addr, log2, (entry.Flags & LeafFlag) != 0)
            : Descriptor.PasidIotlb(device.Asid, device.Pasid);

    private static Descriptor OfDevice(GuestDevice device, IommuHwptVtdS1Invalidate entry)
    {
        var (address, log2) = PagesLog2(entry) is { } pages ? (entry.Addr, pages) : (0UL, Descriptor.AllPages);
        return device.Pasid == 0 ? Descriptor.DeviceTlb(device.VirtualId, address, log2)
            : Descriptor.PasidDeviceTlb(device.VirtualId, device.Pasid, address, log2);
    }

    // The naturally aligned power of two around the pages; null for all there are.
    private static int? PagesLog2(IommuHwptVtdS1Invalidate entry) => entry.Npages == ulong.MaxValue ? null
        : 64 - BitOperations.LeadingZeroCount((entry.Addr >> 12) ^ ((entry.Addr >> 12) + entry.Npages - 1));

    private static void Add(List<ulong> words, Descriptor descriptor) =>
        words.AddRange([descriptor.Word0, descriptor.Word1, descriptor.Word2, descriptor.Word3]);
}
