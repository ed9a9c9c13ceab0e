namespace Iommu.Hardware.Faults;

/// <summary>
/// Fault: a device does not answer an invalidation of its own cache, which keeps what it was told to drop. What comes of that is its
/// architecture's: an SMMUv3's CMD_SYNC stops with CERROR_ATC_INV_SYNC, an AMD IOMMU logs IOTLB_INV_TIMEOUT, a VT-d unit stops with ITE.
/// </summary>
/// <param name="victims">Which of the invalidations of devices' caches.</param>
public sealed class AtcTimeout(Victims victims)
{
    private long _invalidations;

    /// <summary>The last command that was not answered; null before the first one's turn.</summary>
    public string? Victim { get; private set; }

    /// <summary>What the host's queue asks about each command that it has for a device.</summary>
    public bool Loses<TCommand>(TCommand command) where TCommand : struct
    {
        if (!victims.Contains(_invalidations++)) return false;
        Victim = command.ToString();
        return true;
    }
}
