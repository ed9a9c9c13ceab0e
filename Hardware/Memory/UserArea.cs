namespace Iommu.Hardware.Memory;

/// <summary>One allocation of a process: where its pages are, and how often each is pinned.</summary>
internal sealed class UserArea(ulong start, ulong[] frames)
{
    private readonly ulong _firstFrame = frames[0];

    public ulong Start { get; } = start;

    public ulong[] Frames { get; } = frames;

    public int[] Pins { get; } = new int[frames.Length];

    public bool Freed { get; set; }

    /// <summary>Pages that still hold a frame.</summary>
    public int Backed { get; set; } = frames.Length;

    public ulong End => Start + (ulong)Frames.Length * PhysicalMemory.PageBytes;

    public bool Contains(ulong va) => va >= Start && va < End;

    /// <summary>The page that a frame is behind; -1 when none. An allocation in one run finds it without a search.</summary>
    public int PageWithFrame(ulong frame)
    {
        var ifOneRun = (frame - _firstFrame) >> PhysicalMemory.PageLog2;
        return ifOneRun < (ulong)Frames.Length && Frames[ifOneRun] == frame ? (int)ifOneRun : Array.IndexOf(Frames, frame);
    }

    public int PageOf(ulong va) => (int)((va - Start) >> PhysicalMemory.PageLog2);
}
