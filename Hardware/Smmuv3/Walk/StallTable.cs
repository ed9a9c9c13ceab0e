namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>The transactions that are stalled, no more than IDR5.STALL_MAX of them; each has a tag that no other has meanwhile.</summary>
internal sealed class StallTable(Registers registers)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, StalledTransaction> _byTag = [];

    /// <summary>Null when as many are stalled as there can be.</summary>
    public StalledTransaction? Add(uint sid)
    {
        lock (_lock)
        {
            if (_byTag.Count >= registers.StallsMax) return null;
            ushort tag = 0;
            while (_byTag.ContainsKey(tag)) tag++;
            return _byTag[tag] = new StalledTransaction(sid, tag);
        }
    }

    /// <summary>Nothing happens where the stream has no stall of that tag: a stream cannot answer for another's.</summary>
    public void Resume(uint sid, ushort tag, StallAnswer answer)
    {
        lock (_lock)
            if (_byTag.TryGetValue(tag, out var stalled) && stalled.StreamId == sid) Answer(stalled, answer);
    }

    /// <summary>Aborts all of a stream that are stalled now.</summary>
    public void Terminate(uint sid)
    {
        lock (_lock)
            foreach (var stalled in _byTag.Values.Where(each => each.StreamId == sid).ToList()) Answer(stalled, StallAnswer.Abort);
    }

    private void Answer(StalledTransaction stalled, StallAnswer answer)
    {
        _byTag.Remove(stalled.Tag);
        stalled.Respond(answer);
    }
}
