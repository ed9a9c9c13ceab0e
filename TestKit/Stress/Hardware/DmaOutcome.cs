namespace Iommu.TestKit.Stress.Hardware;

/// <summary>What came of a device's transaction, in words that every IOMMU has.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Address">Where it went, a physical address; 0 when it did not.</param>
/// <param name="Fault">The IOMMU's own word for the fault, for <see cref="DmaOutcomeKind.Fault"/>.</param>
public readonly record struct DmaOutcome(DmaOutcomeKind Kind, ulong Address = 0, string? Fault = null)
{
    public static readonly DmaOutcome Unmapped = new(DmaOutcomeKind.Unmapped);

    public static readonly DmaOutcome Denied = new(DmaOutcomeKind.Denied);

    public static readonly DmaOutcome Aborted = new(DmaOutcomeKind.Aborted);

    /// <summary>Whether it went through.</summary>
    public bool Succeeded => Kind is DmaOutcomeKind.Translated or DmaOutcomeKind.Untranslated;

    public static DmaOutcome Translated(ulong address) => new(DmaOutcomeKind.Translated, address);

    public static DmaOutcome Untranslated(ulong address) => new(DmaOutcomeKind.Untranslated, address);

    public static DmaOutcome Faulted(string fault) => new(DmaOutcomeKind.Fault, Fault: fault);

    public override string ToString() => Kind switch
    {
        DmaOutcomeKind.Translated or DmaOutcomeKind.Untranslated => $"{Kind} 0x{Address:x}",
        DmaOutcomeKind.Fault => $"fault {Fault}",
        _ => Kind.ToString(),
    };
}

/// <summary>How a transaction ended.</summary>
public enum DmaOutcomeKind : byte
{
    /// <summary>By the tables, at an address.</summary>
    Translated,
    /// <summary>It went through as it was.</summary>
    Untranslated,
    /// <summary>A fault: no table of either stage maps the address.</summary>
    Unmapped,
    /// <summary>A fault: the tables map the address, but not for this access.</summary>
    Denied,
    /// <summary>Refused without a fault.</summary>
    Aborted,
    /// <summary>Any other fault.</summary>
    Fault,
}
