using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;

namespace Iommu.Actors.Core;

/// <summary>
/// A group of page faults that a device wants one answer to. It has one owner at a time, and passes from one to the next (I6, B39).
/// </summary>
/// <param name="handle">The attachment that it happened on.</param>
/// <param name="faults">Its faults, the last one last.</param>
internal sealed class FaultGroup(AttachHandle handle, IReadOnlyList<PageFault> faults)
{
    public enum OwnerKind
    {
        /// <summary>Who reported it.</summary>
        Pending,

        /// <summary>The queue, until it is read.</summary>
        Deliver,

        /// <summary>The table of what was read and waits for its answer.</summary>
        Response,

        /// <summary>Nobody: it is answered.</summary>
        Answered,
    }

    public AttachHandle Handle { get; } = handle;

    public IReadOnlyList<PageFault> Faults { get; } = faults;

    public OwnerKind Owner { get; private set; }

    /// <exception cref="InvariantViolation">I6: it belongs to another owner.</exception>
    public void Pass(OwnerKind from, OwnerKind to)
    {
        if (Owner != from) throw new InvariantViolation("I6", $"{this} passes from {from} to {to}, but it belongs to {Owner}");
        Owner = to;
    }

    public override string ToString() => $"group {Faults[^1].Group} of device {Handle.Device}, pasid {Handle.Pasid}";
}
