using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.TestKit.Checkers.Smmuv3;

/// <summary>
/// What a command must remove, read from the architecture (IHI 0070, 4.3 to 4.5) and not from the hardware model: it is
/// the yardstick that the model is held against.
/// </summary>
internal sealed class InvalidationRules : IInvalidationRules<Command, CacheEntry>
{
    public static readonly InvalidationRules Instance = new();

    private enum Space { Everything = 1, Vmid, Stage1, Asid, AnyAsid, Stage2, Atc }

    public string Synchronization => "CMD_SYNC";

    public Command Decode(ReadOnlySpan<ulong> words) => new(words[0], words[1]);

    public CommandRole RoleOf(Command command) => command.Opcode switch
    {
        Opcode.Sync => CommandRole.Synchronization,
        >= Opcode.TlbiNhAll and <= Opcode.AtcInv => CommandRole.Invalidation,
        _ => CommandRole.Other,
    };

    public long SequenceOf(CacheEntry entry) => entry.Sequence;

    public int PlacesOf(Command command, Span<InvalidationPlace> places)
    {
        places[0] = command.Opcode switch
        {
            Opcode.TlbiNsnhAll => InvalidationPlace.Whole(In(Space.Everything)),
            Opcode.TlbiNhAll => InvalidationPlace.Whole(In(Space.Stage1, command.Vmid)),
            Opcode.TlbiS12Vmall => InvalidationPlace.Whole(In(Space.Vmid, command.Vmid)),
            Opcode.TlbiNhAsid => InvalidationPlace.Whole(In(Space.Asid, command.Vmid, command.Asid)),
            Opcode.AtcInv => InvalidationPlace.Range(In(Space.Atc, (int)command.StreamId), AddressesOf(command)),
            Opcode.TlbiS2Ipa => InvalidationPlace.Range(In(Space.Stage2, command.Vmid), AddressesOf(command)),
            Opcode.TlbiNhVaa => InvalidationPlace.Range(In(Space.AnyAsid, command.Vmid), AddressesOf(command)),
            _ => InvalidationPlace.Range(In(Space.Asid, command.Vmid, command.Asid), AddressesOf(command)),
        };
        return 1;
    }

    public int PlacesOf(CacheEntry entry, Span<InvalidationPlace> places)
    {
        if (entry.Kind == CacheKind.Atc)
        {
            places[0] = InvalidationPlace.Block(In(Space.Atc, (int)entry.StreamId), entry.Base, entry.SizeLog2);
            return 1;
        }
        places[0] = InvalidationPlace.Whole(In(Space.Everything));
        places[1] = InvalidationPlace.Whole(In(Space.Vmid, entry.Vmid));
        if (entry.Kind is CacheKind.Stage2 or CacheKind.Stage2Table)
        {
            places[2] = InvalidationPlace.Block(In(Space.Stage2, entry.Vmid), entry.LeafBase, entry.LeafLog2);
            return 3;
        }
        places[2] = InvalidationPlace.Whole(In(Space.Stage1, entry.Vmid));
        places[3] = InvalidationPlace.Whole(In(Space.Asid, entry.Vmid, entry.Asid));
        places[4] = InvalidationPlace.Block(In(Space.Asid, entry.Vmid, entry.Asid), entry.LeafBase, entry.LeafLog2);
        places[5] = InvalidationPlace.Block(In(Space.AnyAsid, entry.Vmid), entry.LeafBase, entry.LeafLog2);
        return 6;
    }

    public bool MustRemove(Command command, CacheEntry entry)
    {
        var isStage1 = entry.Kind is CacheKind.Combined or CacheKind.Stage1Table;
        if ((command.Opcode == Opcode.AtcInv) != (entry.Kind == CacheKind.Atc)) return false;
        return command.Opcode switch
        {
            Opcode.AtcInv => entry.StreamId == command.StreamId && IsOfItsSubstream(command, entry)
                && Overlaps(AddressesOf(command), entry.Base, entry.SizeLog2),
            Opcode.TlbiNsnhAll => true,
            Opcode.TlbiS12Vmall => entry.Vmid == command.Vmid,
            Opcode.TlbiNhAll => isStage1 && entry.Vmid == command.Vmid,
            Opcode.TlbiNhAsid => isStage1 && entry.Vmid == command.Vmid && !entry.IsGlobal && entry.Asid == command.Asid,
            Opcode.TlbiNhVa => isStage1 && entry.Vmid == command.Vmid
                && (entry.IsGlobal || entry.Asid == command.Asid) && ReachesAddress(command, entry),
            Opcode.TlbiNhVaa => isStage1 && entry.Vmid == command.Vmid && ReachesAddress(command, entry),
            Opcode.TlbiS2Ipa => !isStage1 && entry.Vmid == command.Vmid && ReachesAddress(command, entry),
            _ => false,
        };
    }

    private static ulong In(Space space, int id = 0, int asid = 0) => ((ulong)space << 56) | ((ulong)(uint)id << 16) | (ushort)asid;

    // First and last address that an invalidation by address names.
    internal static (ulong First, ulong Last) AddressesOf(Command command)
    {
        if (command.Opcode == Opcode.AtcInv)
        {
            if (command.AtcSize >= 52) return (0, ulong.MaxValue);
            var low = (1UL << (command.AtcSize + 12)) - 1;
            return (command.Address & ~low, command.Address | low);
        }
        if (command.TgLog2 == 0) return (command.Address, command.Address + 0xFFF);
        var granule = 1UL << command.TgLog2;
        var first = command.Address / granule * granule;
        var bytes = (UInt128)(uint)(command.Num + 1) * granule << command.Scale;
        var last = (UInt128)first + bytes - 1;
        return (first, last > ulong.MaxValue ? ulong.MaxValue : (ulong)last);
    }

    // A hint that does not fit the entry lets the hardware keep it: granule, level, and Leaf for what is no leaf.
    private static bool ReachesAddress(Command command, CacheEntry entry)
    {
        var isTable = entry.Kind is CacheKind.Stage1Table or CacheKind.Stage2Table;
        if (isTable && command.Leaf) return false;
        if (command.TgLog2 != 0 && command.TgLog2 != entry.GranuleLog2) return false;
        if (!isTable && command.TgLog2 != 0 && command.Ttl != 0 && LevelOf(entry) != command.Ttl) return false;
        return Overlaps(AddressesOf(command), entry.LeafBase, entry.LeafLog2);
    }

    // PCIe: without a PASID every entry of the addresses goes, with one its own, with Global those of all PASIDs.
    private static bool IsOfItsSubstream(Command command, CacheEntry entry) =>
        !command.HasSubstream || (command.IsGlobal ? entry.Substream >= 0 : entry.Substream == (int)command.Substream);

    private static int LevelOf(CacheEntry entry) => 3 - (entry.LeafLog2 - entry.GranuleLog2) / (entry.GranuleLog2 - 3);

    private static bool Overlaps((ulong First, ulong Last) range, ulong start, int sizeLog2) =>
        start <= range.Last && start + ((1UL << sizeLog2) - 1) >= range.First;
}
