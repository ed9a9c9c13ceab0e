using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd;

/// <summary>Bits of the extended feature registers EFR and EFR2 (AMD 48882, MMIO offsets 0030h and 01A0h).</summary>
public static class ExtendedFeatures
{
    public const ulong Prefetch = 1 << 0;
    public const ulong Ppr = 1 << 1;
    public const ulong GuestTranslation = 1 << 4;
    public const ulong InvalidateAll = 1 << 6;
    public const ulong GuestIo = 1UL << 48;
    public const ulong HostAccessed = 1UL << 49;
    public const ulong HostDirty = 1UL << 52;

    /// <summary>EFR2: the GCR3 table root of a device table entry may be a guest physical address.</summary>
    public const ulong TranslatedGuestRoot = 1 << 3;

    /// <summary>
    /// What the model has: prefetch, PPR, guest translation with GIOV, invalidate all, six levels of host tables, five of guest tables,
    /// three of GCR3 tables, PASIDs of 16 bits, accessed and dirty bits of the host.
    /// </summary>
    public const ulong Default = Prefetch | Ppr | GuestTranslation | InvalidateAll | GuestIo | HostAccessed | HostDirty
        | (2UL << 10) | (1UL << 12) | (2UL << 14) | (15UL << 32);

    /// <summary>HATS: the most levels that a host table may have.</summary>
    public static int HostLevels(ulong efr) => 4 + (int)Field(efr, 11, 10);

    /// <summary>GATS: the most levels that a guest table may have.</summary>
    public static int GuestLevels(ulong efr) => 4 + (int)Field(efr, 13, 12);

    /// <summary>GLXSup: the largest GLX, one less than the levels of a GCR3 table.</summary>
    public static int GcrLevelsMax(ulong efr) => (int)Field(efr, 15, 14);
}
