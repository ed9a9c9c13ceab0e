using Iommu.Hardware.Drivers;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>
/// Page requests until their group is whole (io-pgfault.c, report_partial_fault and iopf_group_alloc). A group is what a device calls by
/// one number; the request with LAST_PAGE closes it, and only that one is answered (I6): with all the requests before it, or, when
/// one of those had nobody to handle it or its attachment has ended meanwhile, as a group that cannot be delivered.
/// </summary>
public sealed class PageRequestCollector
{
    private readonly Dictionary<(PhysicalDevice Device, uint Group), OpenGroup> _open = [];

    /// <summary>Groups that wait for their last request.</summary>
    public int Open => _open.Count;

    /// <param name="device">Who asks.</param>
    /// <param name="fault">The request.</param>
    /// <param name="attachment">The attachment whose fault queue it is for, compared by identity; null when nobody handles it.</param>
    /// <returns>The group that this request closes; null when it closes none.</returns>
    public RequestGroup? Add(PhysicalDevice device, PageFault fault, object? attachment)
    {
        var key = (device, fault.Group);
        if (!fault.Flags.HasFlag(PageFaultFlags.LastPage))
        {
            if (!_open.TryGetValue(key, out var open)) _open[key] = open = new OpenGroup();
            open.Add(fault, attachment);
            return null;
        }
        var group = _open.Remove(key, out var begun) ? begun : new OpenGroup();
        group.Add(fault, attachment);
        return new RequestGroup(group.Requests, !group.Broken);
    }

    /// <summary>An attachment has ended: what was asked through it is dropped, and the groups that it was part of with it.</summary>
    public void End(object attachment)
    {
        foreach (var open in _open.Values) open.End(attachment);
    }

    private sealed class OpenGroup
    {
        private readonly List<object> _attachments = [];

        public List<PageFault> Requests { get; } = [];

        public bool Broken { get; private set; }

        public void Add(PageFault fault, object? attachment)
        {
            if (attachment is null) Break();
            else if (!Broken) _attachments.Add(attachment);
            if (!Broken || fault.Flags.HasFlag(PageFaultFlags.LastPage)) Requests.Add(fault);
        }

        public void End(object attachment)
        {
            if (_attachments.Exists(used => ReferenceEquals(used, attachment))) Break();
        }

        private void Break()
        {
            Broken = true;
            Requests.Clear();
            _attachments.Clear();
        }
    }
}

/// <summary>A group of page requests that was closed by its last.</summary>
/// <param name="Requests">All of them in the order in which they came; of one that is not whole the last alone.</param>
/// <param name="IsWhole">Whether it can be delivered; else it is to be answered INVALID.</param>
public readonly record struct RequestGroup(IReadOnlyList<PageFault> Requests, bool IsWhole);
