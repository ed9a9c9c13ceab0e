using Iommu.Hardware;
using RiscvIommu.Formats;

namespace RiscvIommu;

/// <summary>The outcome of one request.</summary>
/// <param name="Cause">Why it was refused; none when it went through.</param>
/// <param name="Address">Where it went.</param>
/// <param name="Granted">What the translation allows.</param>
public readonly record struct Translation(FaultCause Cause, ulong Address, Access Granted)
{
    public bool Succeeded => Cause == FaultCause.None;

    public static Translation Ok(ulong address, Access granted) => new(FaultCause.None, address, granted);

    public static Translation Fault(FaultCause cause) => new(cause, 0, Access.None);
}
