using Iommu.TestKit.Checkers;
using RiscvIommu;
using RiscvIommu.Caches;

namespace RiscvStress;

/// <summary>
/// What a command must remove, read from the specification ("IOMMU Page-Table cache invalidation commands") and not from the hardware
/// model: it is the yardstick that the model is held against.
/// </summary>
public sealed class RiscvInvalidationRules : IInvalidationRules<Command, TlbEntry>
{
    private enum Space { Hosts = 1, Host, Guests, Guest, GuestSpace, SecondStage }

    public string Synchronization => "IOFENCE.C";

    public Command Decode(ReadOnlySpan<ulong> words) => new(words[0], words[1]);

    public CommandRole RoleOf(Command command) => command.Opcode switch
    {
        Opcode.Iofence => CommandRole.Synchronization,
        Opcode.IotinvalVma or Opcode.IotinvalGvma => CommandRole.Invalidation,
        _ => CommandRole.Other,
    };

    // What combines both stages is a cached second stage as well: it goes where its guest's is invalidated, address or not.
    public bool MustRemove(Command command, TlbEntry entry)
    {
        var touches = !command.HasAddress || Touches(command, entry);
        if (command.Opcode == Opcode.IotinvalVma)
            return entry.IsFirstStage && entry.Gscid == (command.HasGscid ? command.Gscid : null)
                && (!command.HasPscid || entry.Pscid == command.Pscid) && touches;
        if (entry.Gscid is null || entry.Kind == TlbKind.FirstStageTable) return false;
        return !command.HasGscid || (entry.Gscid == command.Gscid && (entry.Kind == TlbKind.FirstStage || touches));
    }

    public long SequenceOf(TlbEntry entry) => entry.Sequence;

    public int PlacesOf(Command command, Span<InvalidationPlace> places)
    {
        if (command.Opcode == Opcode.IotinvalGvma && !command.HasGscid)
        {
            places[0] = InvalidationPlace.Whole(In(Space.Guests));
            return 1;
        }
        if (command.Opcode == Opcode.IotinvalGvma)
        {
            places[0] = InvalidationPlace.Whole(In(Space.Guest, command.Gscid));
            places[1] = Place(command, In(Space.SecondStage, command.Gscid));
            return 2;
        }
        places[0] = (command.HasGscid, command.HasPscid) switch
        {
            (true, true) => Place(command, In(Space.GuestSpace, command.Gscid, command.Pscid)),
            (true, false) => Place(command, In(Space.Guest, command.Gscid)),
            (false, true) => Place(command, In(Space.Host, 0, command.Pscid)),
            (false, false) => Place(command, In(Space.Hosts)),
        };
        return 1;
    }

    public int PlacesOf(TlbEntry entry, Span<InvalidationPlace> places)
    {
        var spaces = entry.Gscid is not { } gscid ? (In(Space.Hosts), In(Space.Host, 0, entry.Pscid))
            : entry.IsFirstStage ? (In(Space.Guest, gscid), In(Space.GuestSpace, gscid, entry.Pscid))
            : (In(Space.SecondStage, gscid), In(Space.Guests));
        places[0] = InvalidationPlace.Whole(spaces.Item1);
        places[1] = InvalidationPlace.Block(spaces.Item1, entry.Base, entry.SizeLog2);
        places[2] = InvalidationPlace.Whole(spaces.Item2);
        places[3] = InvalidationPlace.Block(spaces.Item2, entry.Base, entry.SizeLog2);
        if (entry.Gscid is null) return 4;
        places[4] = InvalidationPlace.Whole(In(Space.Guests));
        return 5;
    }

    private static ulong In(Space space, int gscid = 0, int pscid = 0) => ((ulong)space << 56) | ((ulong)gscid << 24) | (uint)pscid;

    private static InvalidationPlace Place(Command command, ulong space) =>
        command.HasAddress ? InvalidationPlace.Range(space, AddressesOf(command)) : InvalidationPlace.Whole(space);

    // Without NL an invalidation by address is one of leaves.
    private static bool Touches(Command command, TlbEntry entry)
    {
        var (first, last) = AddressesOf(command);
        var isTable = entry.Kind is TlbKind.FirstStageTable or TlbKind.SecondStageTable;
        return (!isTable || (command.Word0 >> 34) % 2 == 1)
            && entry.Base <= last && entry.Base + ((1UL << entry.SizeLog2) - 1) >= first;
    }

    // ADDR is the page number; with S its low ones, and the zero above them, count the pages.
    private static (ulong First, ulong Last) AddressesOf(Command command)
    {
        var page = (command.Word1 >> 10) % (1UL << 52);
        var pages = (command.Word1 >> 9) % 2 == 0 ? 1 : (page ^ (page + 1)) + 1;
        var first = page / pages * pages;
        return (first << 12, ((first + pages) << 12) - 1);
    }
}
