namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>A transaction that faulted and waits for software's word, by the tag that its event has.</summary>
internal sealed class StalledTransaction(uint sid, ushort tag)
{
    private int _answer;

    public uint StreamId => sid;

    public ushort Tag => tag;

    public StallAnswer Answer => (StallAnswer)Volatile.Read(ref _answer);

    public void Respond(StallAnswer answer) => Volatile.Write(ref _answer, (int)answer);
}

/// <summary>What a RESUME or STALL_TERM said.</summary>
internal enum StallAnswer
{
    None,
    /// <summary>Translate again.</summary>
    Retry,
    Abort,
    /// <summary>End as if nothing were wrong: a read gives zeros, a write is dropped.</summary>
    Discard,
}
