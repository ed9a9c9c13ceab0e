using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>What a stress run is made of.</summary>
public sealed record StressOptions
{
    /// <summary>Guests: each has a context, a nest parent, a vIOMMU, and memory of its own.</summary>
    public int Guests { get; init; } = 2;

    /// <summary>vCPUs of each guest: each edits the guest's page tables and invalidates.</summary>
    public int Vcpus { get; init; } = 2;

    /// <summary>Devices of each guest: each translates all the while.</summary>
    public int Devices { get; init; } = 2;

    /// <summary>
    /// Pages that a vCPU remaps at once, 8, 16, 32 or 64, out of sixteen times as many. Fewer make devices meet the same page more often.
    /// </summary>
    public int PagesPerEdit { get; init; } = 64;

    /// <summary>How long to run; null when <see cref="Operations"/> ends the run.</summary>
    public TimeSpan? Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Guest invalidations after which the run ends; null when time does.</summary>
    public long? Operations { get; init; }

    /// <summary>Every random choice of the workload comes from it.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The IOMMU: one of <see cref="StressHardware.All"/>, or of the user's own.</summary>
    public StressHardware Hardware { get; init; } = StressHardware.Smmuv3;

    /// <summary>By which way vCPUs invalidate; null for both where the hardware has queues for guests, else trapped.</summary>
    public QueueUse? Queues { get; init; }

    /// <summary>Whether vCPUs have queues of their own.</summary>
    public bool HasDirectQueues => EffectiveQueues != QueueUse.Trapped;

    internal QueueUse EffectiveQueues => Hardware.HasQueues ? Queues ?? QueueUse.Both : QueueUse.Trapped;

    /// <summary>The SQLite file of the journal; null for none.</summary>
    public string? Journal { get; init; }

    /// <summary>Prefixes of captures of real guests that run beside the synthetic ones.</summary>
    public IReadOnlyList<string> Captures { get; init; } = [];

    /// <summary>A fault planted in the hardware, and after how many commands.</summary>
    public PlantedFault? Fault { get; init; }
}
