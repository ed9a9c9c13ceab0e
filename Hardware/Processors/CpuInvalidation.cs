namespace Iommu.Hardware.Processors;

/// <summary>TLB maintenance of a vCPU, Inner Shareable (ARM DDI 0487, D8.13): its stage 1, under its VM's VMID.</summary>
/// <param name="Scope">How much of it.</param>
/// <param name="Asid">For an address space, or an address in one.</param>
/// <param name="Address">For an address.</param>
/// <param name="LastLevelOnly">Whether tables on the way may stay cached.</param>
public readonly record struct CpuInvalidation(CpuScope Scope, ushort Asid = 0, ulong Address = 0, bool LastLevelOnly = false);

/// <summary>How much of a VM's stage 1 a TLBI is for.</summary>
public enum CpuScope
{
    /// <summary>TLBI VMALLE1IS.</summary>
    All,
    /// <summary>TLBI ASIDE1IS.</summary>
    Asid,
    /// <summary>TLBI VAE1IS, VALE1IS.</summary>
    Address,
    /// <summary>TLBI VAAE1IS, VAALE1IS.</summary>
    AddressOfAnyAsid,
}
