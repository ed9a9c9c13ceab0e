namespace Iommu.TestKit.Stress;

/// <summary>By which way a guest's vCPUs invalidate, where the hardware has queues for them.</summary>
public enum QueueUse
{
    /// <summary>Every command by IOMMU_HWPT_INVALIDATE.</summary>
    Trapped,
    /// <summary>What a queue may carry by a queue of the guest's own, the rest trapped.</summary>
    Direct,
    /// <summary>What a queue may carry now by the one, now by the other.</summary>
    Both,
}
