using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;

namespace Iommu.TestKit.Checkers.Amd;

/// <summary>
/// What a command must remove, read from the architecture (AMD 48882, 2.4) and not from the hardware model: it is the yardstick that the
/// model is held against.
/// </summary>
internal sealed class InvalidationRules : IInvalidationRules<Command, CacheEntry>
{
    public static readonly InvalidationRules Instance = new();

    private enum Space { Everything = 1, Host, Guests, Pasid, Device }

    public string Synchronization => "COMPLETION_WAIT";

    public Command Decode(ReadOnlySpan<ulong> words) => new(words[0], words[1]);

    public CommandRole RoleOf(Command command) => command.Opcode switch
    {
        Opcode.CompletionWait => CommandRole.Synchronization,
        Opcode.InvalidateIommuAll or Opcode.InvalidateIommuPages or Opcode.InvalidateIotlbPages => CommandRole.Invalidation,
        _ => CommandRole.Other,
    };

    public long SequenceOf(CacheEntry entry) => entry.Sequence;

    public int PlacesOf(Command command, Span<InvalidationPlace> places)
    {
        var pasid = command.IsGuest ? command.Pasid : -1;
        switch (command.Opcode)
        {
            case Opcode.InvalidateIommuAll:
                places[0] = InvalidationPlace.Whole(In(Space.Everything));
                return 1;
            case Opcode.InvalidateIotlbPages:
                places[0] = InvalidationPlace.Range(In(Space.Device, command.DeviceId, pasid), AddressesOf(command));
                return 1;
            default:
                places[0] = InvalidationPlace.Range(
                    command.IsGuest ? In(Space.Pasid, command.DomainId, pasid) : In(Space.Host, command.DomainId), AddressesOf(command));
                places[1] = InvalidationPlace.Whole(
                    command.IsGuest ? In(Space.Pasid, command.DomainId, pasid) : In(Space.Guests, command.DomainId));
                return 2;
        }
    }

    public int PlacesOf(CacheEntry entry, Span<InvalidationPlace> places)
    {
        if (entry.Kind == CacheKind.Atc)
        {
            places[0] = InvalidationPlace.Block(In(Space.Device, entry.DeviceId, entry.Pasid), entry.LeafBase, entry.LeafLog2);
            return 1;
        }
        places[0] = InvalidationPlace.Whole(In(Space.Everything));
        if (entry.Kind is CacheKind.Host or CacheKind.HostTable)
        {
            places[1] = InvalidationPlace.Block(In(Space.Host, entry.DomainId), entry.LeafBase, entry.LeafLog2);
            return 2;
        }
        places[1] = InvalidationPlace.Whole(In(Space.Guests, entry.DomainId));
        places[2] = entry.Kind == CacheKind.GuestRoot
            ? InvalidationPlace.Whole(In(Space.Pasid, entry.DomainId, entry.Pasid))
            : InvalidationPlace.Block(In(Space.Pasid, entry.DomainId, entry.Pasid), entry.LeafBase, entry.LeafLog2);
        return 3;
    }

    public bool MustRemove(Command command, CacheEntry entry)
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

    private static ulong In(Space space, int id = 0, int pasid = 0) => ((ulong)space << 56) | ((ulong)(uint)id << 32) | (uint)pasid;

    private static bool Overlaps(Command command, CacheEntry entry)
    {
        var (first, last) = AddressesOf(command);
        var size = entry.LeafLog2 >= 64 ? ulong.MaxValue : (1UL << entry.LeafLog2) - 1;
        return entry.LeafBase <= last && entry.LeafBase + size >= first;
    }

    internal static (ulong First, ulong Last) AddressesOf(Command command)
    {
        var address = command.Word1 >> 12 << 12;
        var bytes = 0x1000UL;
        if (command.HasSize)
        {
            for (bytes = 0x2000; bytes != 0 && (address & (bytes >> 1)) != 0; bytes <<= 1) { }
            if (bytes is 0 or 1UL << 63) return (0, ulong.MaxValue);
            address = address / bytes * bytes;
        }
        return (address, address + (bytes - 1));
    }
}
