using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// A device's way to ask for pages that it found no translation for (PCIe PRI). Requests are in groups; a group is answered once.
/// </summary>
public sealed class PageRequestInterface
{
    private readonly PageRequestQueue _queue;
    private readonly StreamContext _stream;

    internal PageRequestInterface(PageRequestQueue queue, StreamContext stream) => (_queue, _stream) = (queue, stream);

    /// <inheritdoc cref="PageRequest.Of"/>
    public void Request(ulong address, Access access, int group, bool isLast, uint? substream = null) =>
        _queue.Write(_stream, PageRequest.Of(_stream.StreamId, substream, address, access, group, isLast));

    /// <summary>The next answer, if there is one.</summary>
    public bool TryTakeResponse(out PageResponse response) => _stream.PageResponses.TryDequeue(out response);
}
