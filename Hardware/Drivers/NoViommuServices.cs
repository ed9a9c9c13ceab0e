using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>For a driver that runs without the core, in a plain loop: it can map nothing, and its events are lost.</summary>
public sealed class NoViommuServices : IViommuServices
{
    public static readonly NoViommuServices Instance = new();

    public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes) => Errno.EINVAL;

    public void FreeMmap(ulong offset)
    {
    }

    public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data)
    {
    }
}
