using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// What a command must remove, read from the architecture (AMD 48882, 2.4) and not from the hardware model: it is the yardstick that the
/// model is held against.
/// </summary>
internal static class AmdInvalidationReach
{
    public static bool MustRemove(Command command, CacheEntry entry)
    {
        if (command.Opcode == Opcode.InvalidateIotlbPages)
            return entry.Kind == CacheKind.Atc && entry.DeviceId == command.DeviceId
                && entry.Pasid == (command.IsGuest ? command.Pasid : -1) && Overlaps(command, entry);
        if (entry.Kind == CacheKind.Atc) return false;
        if (command.Opcode == Opcode.InvalidateIommuAll) return true;
        if (command.Opcode != Opcode.InvalidateIommuPages || entry.DomainId != command.DomainId) return false;
        return command.IsGuest ? MustRemoveOfGuest(command, entry) : MustRemoveOfHost(command, entry);
    }

    // Tables of a guest are cached by their guest physical address, which the host's tables have no part in.
    private static bool MustRemoveOfHost(Command command, CacheEntry entry) => entry.Kind switch
    {
        CacheKind.Host => Overlaps(command, entry),
        CacheKind.HostTable => command.Tables && Overlaps(command, entry),
        CacheKind.Guest => true,
        _ => false,
    };

    private static bool MustRemoveOfGuest(Command command, CacheEntry entry) => entry.Pasid == command.Pasid && entry.Kind switch
    {
        CacheKind.Guest => Overlaps(command, entry),
        CacheKind.GuestTable => command.Tables && Overlaps(command, entry),
        CacheKind.GuestRoot => command.Tables,
        _ => false,
    };

    private static bool Overlaps(Command command, CacheEntry entry)
    {
        var address = command.Word1 >> 12 << 12;
        var bytes = 0x1000UL;
        if (command.HasSize)
        {
            for (bytes = 0x2000; bytes != 0 && (address & (bytes >> 1)) != 0; bytes <<= 1) { }
            if (bytes is 0 or 1UL << 63) return true;
            address = address / bytes * bytes;
        }
        var size = entry.LeafLog2 >= 64 ? ulong.MaxValue : (1UL << entry.LeafLog2) - 1;
        return entry.LeafBase <= address + (bytes - 1) && entry.LeafBase + size >= address;
    }
}
