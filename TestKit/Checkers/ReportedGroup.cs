using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Checkers;

/// <summary>A group of page faults that a <see cref="FaultGroupChecker"/> follows.</summary>
internal sealed class ReportedGroup(object attachment, ObjectId device, IReadOnlyList<PageFault> faults)
{
    public object Attachment => attachment;

    public IReadOnlyList<PageFault> Faults => faults;

    /// <summary>What it was read with; 0 before.</summary>
    public uint Cookie { get; set; }

    /// <summary>How whoever read it has written that it be answered.</summary>
    public HashSet<PageResponseCode> Written { get; } = [];

    /// <summary>Its attachment or its queue is ending: it may be answered INVALID without being asked for.</summary>
    public bool Ending { get; set; }

    public bool IsAnswered { get; set; }

    /// <summary>Whether a part of it, or all, reads so.</summary>
    public bool Contains(ReadOnlySpan<byte> bytes, bool whole)
    {
        var laidOut = MemoryMarshal.Cast<byte, IommuHwptPgfault>(bytes);
        if (laidOut.Length > faults.Count || whole && laidOut.Length != faults.Count) return false;
        for (var start = 0; start + laidOut.Length <= faults.Count; start++)
        {
            var same = 0;
            while (same < laidOut.Length && IsSame(faults[start + same], laidOut[same])) same++;
            if (same == laidOut.Length) return true;
        }
        return false;
    }

    public override string ToString() => $"group {faults[^1].Group} of device {device}";

    private bool IsSame(PageFault fault, IommuHwptPgfault laidOut) =>
        device.Value == laidOut.DevId && laidOut.Reserved == 0 && laidOut.Length == 0
        && fault == new PageFault(laidOut.Flags, laidOut.Pasid, laidOut.Grpid, laidOut.Perm, laidOut.Addr);
}
