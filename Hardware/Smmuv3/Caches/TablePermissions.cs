namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>APTable: what table descriptors on the way take from the leaves below (ARM DDI 0487, D8.4).</summary>
[Flags]
internal enum TablePermissions : byte
{
    None = 0,
    NoUnprivileged = 1,
    ReadOnly = 2,
}
