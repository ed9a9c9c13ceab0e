namespace Iommu.TestKit.Stress;

/// <summary>The hardware that a run can have.</summary>
public static class StressHardware
{
    public const string Smmuv3 = "smmuv3";

    /// <summary>An SMMUv3 with NVIDIA's CMDQV: guests have command queues of their own.</summary>
    public const string Tegra241 = "tegra241";

    public static readonly IReadOnlyList<string> All = [Smmuv3, Tegra241];

    /// <summary>Whether guests can have queues that hardware drains.</summary>
    public static bool HasQueues(string hardware) => hardware == Tegra241;
}

/// <summary>By which way a guest's vCPUs invalidate, where the hardware has queues for them.</summary>
public enum QueueUse
{
    /// <summary>Every command by IOMMU_HWPT_INVALIDATE.</summary>
    Trapped,
    /// <summary>What a queue may carry by the vCPU's own queue, the rest trapped.</summary>
    Direct,
    /// <summary>What a queue may carry now by the one, now by the other.</summary>
    Both,
}
