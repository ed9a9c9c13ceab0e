using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Where an area stands; between two calls it is <see cref="Mapped"/> (the kernel: pages is null in the others).</summary>
public enum AreaState
{
    /// <summary>Its IOVAs are taken, and its domains are being filled, or emptied again since that failed.</summary>
    SettingUp,

    /// <summary>In every domain.</summary>
    Mapped,

    /// <summary>Out of every domain, but hardware may not have forgotten it yet.</summary>
    TearingDown,
}

/// <summary>A contiguous mapping of an IOAS: a slice of pages, to the byte, at an IOVA (struct iopt_area).</summary>
public sealed class IoArea
{
    internal IoArea(ulong iova, PagesSlice slice, Access access)
    {
        (Iova, LengthBytes, Pages, StartByte, Access) = (iova, slice.LengthBytes, slice.Pages, slice.StartByte, access);
    }

    public ulong Iova { get; }

    public ulong LengthBytes { get; }

    public ulong Last => Iova + (LengthBytes - 1);

    public PinnedPages Pages { get; }

    /// <summary>The byte of the pages at its start.</summary>
    public ulong StartByte { get; }

    public Access Access { get; }

    public AreaState State { get; internal set; } = AreaState.SettingUp;

    /// <summary>An unmap has asked those who pin it to let go: nobody new gets at it.</summary>
    public bool PreventsAccess { get; internal set; }

    /// <summary>Accesses that stand on it.</summary>
    public int Accesses { get; internal set; }

    /// <summary>Those of them that do not let go when they are asked to: hardware queues.</summary>
    public int Locks { get; internal set; }

    /// <summary>One of the domains that hold it, the first when it was filled; null when none does, and its pages are not used.</summary>
    public IPagingDomain? Storage { get; internal set; }

    /// <summary>How far into its first page it starts.</summary>
    public ulong PageOffset => StartByte % PinnedPages.PageBytes;

    public ulong FirstPage => StartByte / PinnedPages.PageBytes;

    public ulong LastPage => (StartByte + (LengthBytes - 1)) / PinnedPages.PageBytes;

    /// <summary>The byte of the pages at an IOVA of it.</summary>
    public ulong StartByteAt(ulong iova) => StartByte + (iova - Iova);

    /// <summary>The page at an IOVA of it.</summary>
    public ulong PageAt(ulong iova) => StartByteAt(iova) / PinnedPages.PageBytes;

    /// <summary>What a journal says of it.</summary>
    public Area Describe() => new(Iova, LengthBytes, Pages.BaseAddress + StartByte, Access, Pages.What);

    public override string ToString() => $"0x{Iova:x}..0x{Last:x} {State}";
}

/// <summary>A part of pages, to the byte. Whoever has it holds the pages.</summary>
public readonly record struct PagesSlice(PinnedPages Pages, ulong StartByte, ulong LengthBytes)
{
    /// <summary>All of them, from their first byte.</summary>
    public static PagesSlice All(PinnedPages pages) =>
        new(pages, pages.What.Start % PinnedPages.PageBytes, pages.What.LengthBytes);
}

/// <summary>A part of an area.</summary>
internal readonly record struct AreaPart(IoArea Area, ulong Iova, ulong Last)
{
    public ulong LengthBytes => Last - Iova + 1;

    public ulong FirstPage => Area.PageAt(Iova);

    public ulong LastPage => Area.PageAt(Last);
}
