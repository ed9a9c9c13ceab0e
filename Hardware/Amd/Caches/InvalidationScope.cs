using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Caches;

/// <summary>What a command removes from the caches (AMD 48882, 2.4).</summary>
internal static class InvalidationScope
{
    public static bool Covers(Command command, CacheEntry entry) => command.Opcode switch
    {
        Opcode.InvalidateIommuAll => entry.Kind != CacheKind.Atc,
        Opcode.InvalidateIommuPages => entry.Kind != CacheKind.Atc && entry.DomainId == command.DomainId && CoversPages(command, entry),
        Opcode.InvalidateIotlbPages => entry.Kind == CacheKind.Atc && entry.DeviceId == command.DeviceId && CoversAtc(command, entry),
        _ => false,
    };

    public static bool CoversDevice(Command command, ushort device) => command.Opcode switch
    {
        Opcode.InvalidateIommuAll => true,
        Opcode.InvalidateDevtabEntry => command.DeviceId == device,
        _ => false,
    };

    // Without GN the address is a guest physical one, which what combines both tables does not keep: all of the domain's goes.
    private static bool CoversPages(Command command, CacheEntry entry) => entry.Kind switch
    {
        CacheKind.Host => !command.IsGuest && Overlaps(command, entry),
        CacheKind.HostTable => !command.IsGuest && command.Tables && Overlaps(command, entry),
        CacheKind.Guest => !command.IsGuest || (command.Pasid == entry.Pasid && Overlaps(command, entry)),
        _ => command.Tables && (!command.IsGuest || (command.Pasid == entry.Pasid && Overlaps(command, entry))),
    };

    // A device forgets more than it must: without a PASID, the addresses of every PASID.
    private static bool CoversAtc(Command command, CacheEntry entry) =>
        (!command.IsGuest || command.Pasid == entry.Pasid) && Overlaps(command, entry);

    private static bool Overlaps(Command command, CacheEntry entry)
    {
        var (first, last) = command.Range;
        return entry.LeafBase <= last && entry.LeafBase + Mask(entry.LeafLog2) >= first;
    }
}
