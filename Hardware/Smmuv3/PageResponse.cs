namespace Iommu.Hardware.Smmuv3;

/// <summary>The answer that a device gets for a group of page requests (PCIe, PRG response).</summary>
/// <param name="Substream">The address space of the group; null for the device's own.</param>
/// <param name="Group">Its index.</param>
/// <param name="Code">What became of it.</param>
public readonly record struct PageResponse(uint? Substream, int Group, PageRequestOutcome Code);

/// <summary>PRI_RESP.Resp (IHI 0070, 4.5).</summary>
public enum PageRequestOutcome
{
    /// <summary>The device must not ask again.</summary>
    Failure = 0,
    InvalidRequest = 1,
    /// <summary>The device translates again, and asks again if it must.</summary>
    Success = 2,
}
