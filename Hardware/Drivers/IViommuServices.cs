using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>What the core does for a vIOMMU's driver, from its allocation to its end. Any thread may call it.</summary>
public interface IViommuServices
{
    /// <summary>The VM that the vIOMMU is for; null when its allocation did not say.</summary>
    IVirtualMachine? Vm => null;

    /// <summary>
    /// What tells the vIOMMU from every other one of the machine, the same before and after a crash of the core; null before it is
    /// published, and where nobody will bring it back.
    /// </summary>
    string? Identity => null;

    /// <summary>
    /// Offers a region of physical memory to mmap() of the context's file. The driver gives it back by <see cref="FreeMmap"/>, also
    /// when its allocation fails.
    /// </summary>
    /// <param name="physical">Page aligned.</param>
    /// <param name="lengthBytes">Whole pages, not 0.</param>
    /// <returns>The offset for mmap(), never 0; EINVAL.</returns>
    Result<ulong> AllocMmap(ulong physical, ulong lengthBytes);

    void FreeMmap(ulong offset);

    /// <summary>Something happened that the guest's driver must know (iommufd_viommu_report_event).</summary>
    void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data);
}
