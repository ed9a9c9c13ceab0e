using Iommu.Hardware;

namespace Iommu.Persistence.Events;

/// <summary>Something that happened to the mappings of one IOAS.</summary>
public abstract record MappingEvent;

/// <param name="Iova">First byte.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="UserAddress">Start of the memory in the process.</param>
/// <param name="Access">Rights.</param>
public sealed record AreaMapped(ulong Iova, ulong LengthBytes, ulong UserAddress, Access Access) : MappingEvent;

/// <summary>Every area inside the range is gone; the range cuts none.</summary>
public sealed record AreasUnmapped(ulong Iova, ulong LengthBytes) : MappingEvent;
