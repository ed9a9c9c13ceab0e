namespace Iommu.Hardware.Memory;

/// <summary>One allocation of a process, or a part of a file that it has mapped.</summary>
/// <param name="start">Its first address.</param>
/// <param name="backing">The frames behind it.</param>
/// <param name="firstPage">The page of the backing at its start.</param>
/// <param name="pages">How many pages it has.</param>
internal sealed class UserArea(ulong start, PageBacking backing, int firstPage, int pages)
{
    public ulong Start { get; } = start;

    public PageBacking Backing { get; } = backing;

    public ulong End => Start + (ulong)pages * PhysicalMemory.PageBytes;

    public bool Contains(ulong va) => va >= Start && va < End;

    /// <summary>The page of the backing at an address.</summary>
    public int PageOf(ulong va) => firstPage + (int)((va - Start) >> PhysicalMemory.PageLog2);

    /// <summary>Pages from an address to the end.</summary>
    public int PagesFrom(ulong va) => (int)((End - va) >> PhysicalMemory.PageLog2);
}
