namespace Iommu.Hardware.Smmuv3;

/// <summary>What became of a transaction.</summary>
public enum TranslationKind : byte
{
    Ok,
    /// <summary>Not translated: the address went through as it was.</summary>
    Bypass,
    /// <summary>Terminated by configuration, without an event.</summary>
    Abort,
    /// <summary>Terminated by a fault; an event was recorded where the configuration asks for it.</summary>
    Fault,
    /// <summary>It faulted and waits for a RESUME: it is not over, step it on.</summary>
    Stalled,
    /// <summary>It stalled and software had it end without a trace: a read gave zeros, a write was dropped.</summary>
    Discarded,
}
