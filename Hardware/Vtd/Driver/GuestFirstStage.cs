using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>A guest's first stage as IOMMU_HWPT_ALLOC describes it (struct iommu_hwpt_vtd_s1).</summary>
/// <param name="Root">Guest physical address of the top table.</param>
/// <param name="AddressWidth">48 or 57 bits; what else was given is refused when a device is attached.</param>
/// <param name="Supervisor">Supervisor requests are served.</param>
/// <param name="WriteProtect">Read-only holds for them too; only with <paramref name="Supervisor"/>.</param>
/// <param name="ExtendedAccess">The extended access flag is kept.</param>
public sealed record GuestFirstStage(ulong Root, uint AddressWidth, bool Supervisor, bool WriteProtect, bool ExtendedAccess)
{
    public const int Bytes = 24;

    private const ulong SupervisorFlag = 1;
    private const ulong ExtendedAccessFlag = 2;
    private const ulong WriteProtectFlag = 4;

    public int Levels => AddressWidth == 57 ? 5 : 4;

    /// <summary>Unknown flags are ignored, as nested.c does.</summary>
    /// <returns>EINVAL another type or length; EFAULT.</returns>
    public static Result<GuestFirstStage> Parse(UserData data)
    {
        var copied = data.Copy((uint)HwptDataType.VtdS1, Bytes, Bytes);
        if (copied.Failed) return copied.Errno;
        return Of(MemoryMarshal.Read<IommuHwptVtdS1>(copied.Value));
    }

    public static GuestFirstStage Of(IommuHwptVtdS1 first)
    {
        var supervisor = (first.Flags & SupervisorFlag) != 0;
        return new GuestFirstStage(first.PgtblAddr & ~0xFFFUL, first.AddrWidth, supervisor,
            supervisor && (first.Flags & WriteProtectFlag) != 0, (first.Flags & ExtendedAccessFlag) != 0);
    }

    /// <summary>pasid.c, intel_pasid_setup_nested.</summary>
    /// <returns>EINVAL for what the unit cannot do.</returns>
    public Errno CheckAgainst(Registers registers)
    {
        var isKnown = AddressWidth == 48 || (AddressWidth == 57 && registers.HasFirstStage5Levels);
        return isKnown && (!Supervisor || registers.HasSupervisorRequests) && (!ExtendedAccess || registers.HasExtendedAccessFlag)
            ? Errno.None : Errno.EINVAL;
    }
}
