namespace Iommu.Hardware.Processors;

/// <summary>A broadcast invalidation that was sent, and the DSB that waits for it.</summary>
public sealed class Broadcast
{
    private readonly List<Func<bool>> _waiting;

    internal Broadcast(List<Func<bool>> waiting) => _waiting = waiting;

    /// <summary>One look; true when the DSB is through.</summary>
    public bool Step()
    {
        _waiting.RemoveAll(hasEnded => hasEnded());
        return _waiting.Count == 0;
    }

    /// <summary>Waits on the calling thread, which must have no transaction in flight.</summary>
    public void Wait()
    {
        while (!Step()) Thread.Yield();
    }
}
