using Iommu.Hardware;
using Iommu.Persistence.Events;

namespace Iommu.Persistence.Mappings;

/// <summary>A contiguous mapping of an IOAS: IOVAs, the memory of the process or the part of a file behind them, rights.</summary>
/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="UserAddress">Start of the memory in the process; in a file, the offset of the first byte.</param>
/// <param name="Access">Rights.</param>
/// <param name="Pages">The pages that it is a part of.</param>
public readonly record struct Area(ulong Iova, ulong LengthBytes, ulong UserAddress, Access Access, AreaPages Pages)
{
    /// <summary>An area of pages of its own, in the memory of the process.</summary>
    public Area(ulong iova, ulong lengthBytes, ulong userAddress, Access access)
        : this(iova, lengthBytes, userAddress, access,
            new AreaPages(0, 0, userAddress, lengthBytes, access.HasFlag(Access.Write))) { }

    public ulong Last => Iova + (LengthBytes - 1);

    /// <summary>The area that an event tells of; what its version lacks follows from the rest.</summary>
    public static Area Of(AreaMapped mapped)
    {
        var alone = mapped.PagesLengthBytes == 0;
        return new Area(mapped.Iova, mapped.LengthBytes, mapped.UserAddress, mapped.Access, new AreaPages(
            mapped.Pages, mapped.File, alone ? mapped.UserAddress : mapped.PagesStart,
            alone ? mapped.LengthBytes : mapped.PagesLengthBytes, mapped.PagesWritable ?? mapped.Access.HasFlag(Access.Write),
            mapped.Process));
    }

    public AreaMapped ToEvent() => new(
        Iova, LengthBytes, UserAddress, Access, Pages.Number, Pages.File, Pages.Start, Pages.LengthBytes, Pages.Writable, Pages.Process);
}

/// <summary>Pages that areas, also of several IOASes, share, with one pin each.</summary>
/// <param name="Number">Which: areas with the same number share them. 0 are those of one area alone.</param>
/// <param name="File">
/// The file that they are of, by its own number; 0 is the memory of the process, <see cref="FileWithoutMemory"/> a file that has none.
/// </param>
/// <param name="Start">Address or offset of the first byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Writable">Whether they are pinned to be written.</param>
/// <param name="Process">Who mapped them, by its own number; 0 is who opened the context.</param>
public readonly record struct AreaPages(ulong Number, ulong File, ulong Start, ulong LengthBytes, bool Writable, ulong Process = 0)
{
    /// <summary>A file that can be mapped, but never pinned.</summary>
    public const ulong FileWithoutMemory = ulong.MaxValue;
}
