using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>The page request ring (prq.c).</summary>
public sealed partial class VtdDriver
{
    private readonly Lock _pageRequests = new();

    /// <summary>
    /// What the interrupt of the ring has done: takes every request out of it, and hands it on. One that cannot be served is answered
    /// INVALID at once when its group ends with it: by the plan that is returned.
    /// </summary>
    /// <param name="report">
    /// Gets what can be served (iommu_report_device_fault); the group is answered by <see cref="RespondToFaults"/>.
    /// </param>
    public IEnumerable<CommandBatch> ServicePageRequests(Action<PhysicalDevice, PageFault> report)
    {
        var refused = Writer();
        lock (_pageRequests)
        {
            Registers.PageRequestPending = false;
            var mask = PageRequestQueue.MaskOf(Registers);
            var (head, tail) = (Registers.PageRequestHead, Registers.PageRequestTail);
            for (; head != tail; head = (head + PageRequest.Bytes) & mask) Service(RequestAt(head), report, refused);
            Registers.PageRequestHead = tail;
            if (Registers.PageRequestTail == tail) Registers.PageRequestOverflow = false;
        }
        return refused.IsEmpty ? Plan.Nothing : [refused.Close()];
    }

    private PageRequest RequestAt(uint offset)
    {
        var address = (Registers.PageRequestAddress & ~0xFFFUL) + offset;
        return new PageRequest(_memory.Read64(address), _memory.Read64(address + 8));
    }

    private void Service(PageRequest request, Action<PhysicalDevice, PageFault> report, DescriptorWriter refused)
    {
        // A group that ends without asking for anything is a stop marker, which nobody answers.
        var isStopMarker = request is { IsLast: true, IsRead: false, IsWrite: false };
        if (IsBad(request) || (!isStopMarker && !_bySourceId.ContainsKey(request.SourceId)))
        {
            if (request.IsLast)
                refused.Add(Descriptor.PageGroupResponse(
                    request.SourceId, request.HasPasid ? request.Pasid : null, request.Group, PageGroupResponse.Invalid));
        }
        else if (!isStopMarker) report(_bySourceId[request.SourceId], FaultOf(request));
    }

    // Not canonical, as supervisor, or to execute.
    private static bool IsBad(PageRequest request)
    {
        var sign = (long)request.Address >> 47;
        return sign is not (0 or -1) || (request.IsPrivileged && (request.IsRead || request.IsWrite))
            || (request.IsExecute && request.IsRead);
    }

    private static PageFault FaultOf(PageRequest request) => new(
        (request.HasPasid ? PageFaultFlags.PasidValid : 0) | (request.IsLast ? PageFaultFlags.LastPage : 0),
        request.Pasid, request.Group,
        (request.IsRead ? PageFaultPermissions.Read : 0) | (request.IsWrite ? PageFaultPermissions.Write : 0)
        | (request.IsExecute ? PageFaultPermissions.Exec : 0) | (request.IsPrivileged ? PageFaultPermissions.Priv : 0),
        request.Address);
}
