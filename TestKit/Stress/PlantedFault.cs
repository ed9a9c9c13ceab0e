namespace Iommu.TestKit.Stress;

/// <param name="Kind">What goes wrong.</param>
/// <param name="AtInvalidation">At which invalidation command of the run, counted from 1.</param>
/// <param name="Every">How many invalidations further it goes wrong again; 0 when it does once.</param>
public sealed record PlantedFault(FaultKind Kind, long AtInvalidation, long Every = 0)
{
    /// <summary>The kind in words, as <c>--fault</c> takes it.</summary>
    public string Name => NameOf(Kind);

    public static string NameOf(FaultKind kind) => kind switch
    {
        FaultKind.DropInvalidation => "drop-invalidation",
        FaultKind.DelayInvalidation => "delay-invalidation",
        FaultKind.DuplicateInvalidation => "duplicate-invalidation",
        FaultKind.EarlySync => "early-sync",
        FaultKind.AtcTimeout => "atc-timeout",
        FaultKind.RepeatTlbi => "repeat-tlbi",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such fault"),
    };
}

/// <summary>What can go wrong with the invalidations of an IOMMU.</summary>
public enum FaultKind
{
    /// <summary>An invalidation never reaches the hardware.</summary>
    DropInvalidation,
    /// <summary>An invalidation comes after others before the same synchronization: to be survived.</summary>
    DelayInvalidation,
    /// <summary>An invalidation reaches the hardware twice: to be survived.</summary>
    DuplicateInvalidation,
    /// <summary>A synchronization completes before an invalidation that it should wait for.</summary>
    EarlySync,
    /// <summary>A device does not answer an invalidation of its own cache.</summary>
    AtcTimeout,
    /// <summary>Of the SMMUv3: TLBI and CFGI take effect only when they are repeated, which the driver knows: to be survived.</summary>
    RepeatTlbi,
}
