namespace Iommu.Hardware.Memory;

/// <summary>One allocation of a process: where its pages are, and how often each is pinned.</summary>
internal sealed class UserArea(ulong start, ulong[] frames)
{
    public ulong Start { get; } = start;

    public ulong[] Frames { get; } = frames;

    public int[] Pins { get; } = new int[frames.Length];

    public bool Freed { get; set; }

    /// <summary>Pages that still hold a frame.</summary>
    public int Backed { get; set; } = frames.Length;

    public ulong End => Start + (ulong)Frames.Length * PhysicalMemory.PageBytes;

    public bool Contains(ulong va) => va >= Start && va < End;

    public int PageOf(ulong va) => (int)((va - Start) >> PhysicalMemory.PageLog2);
}
