using Iommu.Hardware;
using Iommu.Messages;

namespace Iommu.Persistence.Events;

/// <summary>Something that happened to the mappings of one IOAS.</summary>
public abstract record MappingEvent;

/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="UserAddress">Start of the memory in the process; in a file, the offset of the first byte.</param>
/// <param name="Access">Rights.</param>
/// <param name="Pages">
/// Which pages: areas with the same number share them, and one pin, also across IOASes. 0, as in v1, are pages of this area alone.
/// </param>
/// <param name="File">
/// The file that they are of, by its own number; 0, as in v1, are memory of the process, 2^64 - 1 is a file that has none.
/// </param>
/// <param name="PagesStart">Address or offset of the first byte of all the shared pages; means nothing without their length.</param>
/// <param name="PagesLengthBytes">Length of all the shared pages; 0, as in v1, when they are this area's alone.</param>
/// <param name="PagesWritable">Whether the pages were pinned to be written; v1 follows <paramref name="Access"/>.</param>
/// <param name="Process">Who mapped them, by its own number: whose memory they are. 0, as in v2, is who opens the context.</param>
public sealed record AreaMapped(
    ulong Iova, ulong LengthBytes, ulong UserAddress, Access Access,
    ulong Pages = 0, ulong File = 0, ulong PagesStart = 0, ulong PagesLengthBytes = 0, bool? PagesWritable = null,
    ulong Process = 0) : MappingEvent;

/// <summary>Every area inside the range is gone; the range cuts none.</summary>
public sealed record AreasUnmapped(ulong Iova, ulong LengthBytes) : MappingEvent;

/// <summary>The area that holds this IOVA is two from now on, and the first ends with it (VFIO's type 1 cuts areas).</summary>
public sealed record AreaCut(ulong Last) : MappingEvent;

/// <summary>The exporter of a dma-buf has taken these pages away; the areas on them stay, and lead nowhere.</summary>
public sealed record PagesRevoked(ulong Pages) : MappingEvent;

/// <summary>The whole list that automatic allocation is confined to; empty is everything (IOMMU_IOAS_ALLOW_IOVAS).</summary>
public sealed record IovasAllowed(IReadOnlyList<IovaRange> Ranges) : MappingEvent;

/// <summary>A range that nothing may be mapped to, whatever device is attached (IOMMU_TEST_OP_ADD_RESERVED).</summary>
public sealed record IovasReserved(ulong Start, ulong Last) : MappingEvent;

/// <summary>Whether the domains may use large pages (IOMMU_OPTION_HUGE_PAGES).</summary>
public sealed record LargePagesSet(bool Enabled) : MappingEvent;
