using Iommu.Messages;

namespace Iommu.TestKit.Stress;

/// <summary>What a vCPU invalidates, call by call, in a few lanes: a lane has at most one call in flight.</summary>
internal abstract class VcpuWork
{
    public const int Lanes = 4;

    /// <summary>What its calls go to: all to the vIOMMU, or each to a nested HWPT.</summary>
    public abstract IReadOnlyList<ObjectId> Targets { get; }

    /// <summary>The first call of something new.</summary>
    public abstract HwptInvalidate Begin(int lane);

    /// <summary>After the answer: the next call of the same thing, or null when it is complete.</summary>
    public abstract HwptInvalidate? Continue(int lane);

    /// <summary>What the lane's call must be answered: an errno, and entry_num.</summary>
    public abstract (Errno Errno, int Handled) Expected(int lane);
}
