namespace Iommu.Actors.Core;

/// <summary>Physical memory that a context's file offers to mmap().</summary>
/// <typeparam name="TOwner">Who offers it.</typeparam>
/// <param name="Offset">Where it is in the file; page aligned, never 0.</param>
/// <param name="LengthBytes">Its length, whole pages.</param>
/// <param name="Physical">Its address, page aligned.</param>
/// <param name="Owner">A mapping of it holds a reference on this one.</param>
internal sealed record MmapRegion<TOwner>(ulong Offset, ulong LengthBytes, ulong Physical, TOwner Owner) where TOwner : class
{
    public ulong Last => Offset + (LengthBytes - 1);
}
