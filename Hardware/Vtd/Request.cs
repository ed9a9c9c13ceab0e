using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd;

/// <summary>One request of a device.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="Needed">What it does there.</param>
/// <param name="Pasid">Its address space; null is the device's own.</param>
/// <param name="Privileged">Made as supervisor.</param>
internal readonly record struct Request(ulong Address, Rights Needed, uint? Pasid, bool Privileged)
{
    private const ulong InterruptPages = 0xFEE;

    /// <summary>0xFEEx_xxxx (section 3.14).</summary>
    public bool IsToInterrupts => Address >> 20 == InterruptPages;
}
