using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>The core's services for a vIOMMU's driver, with a record of what it asked for.</summary>
internal sealed class RigServices : IViommuServices
{
    private readonly Dictionary<ulong, ulong> _regions = [];
    private ulong _nextOffset = 0x1000;

    /// <summary>Regions that are offered to mmap() and not given back.</summary>
    public int Regions => _regions.Count;

    public List<(VeventqType Type, byte[] Data)> Events { get; } = [];

    public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes)
    {
        if (lengthBytes == 0 || ((physical | lengthBytes) & 0xFFF) != 0) return Errno.EINVAL;
        var offset = _nextOffset;
        _nextOffset += lengthBytes;
        _regions[offset] = physical;
        return offset;
    }

    public void FreeMmap(ulong offset)
    {
        if (!_regions.Remove(offset)) throw new InvalidOperationException($"0x{offset:x} is not offered to mmap()");
    }

    public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) => Events.Add((type, data.ToArray()));
}
