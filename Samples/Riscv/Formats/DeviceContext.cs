using static Iommu.Hardware.Bits;

namespace RiscvIommu.Formats;

/// <summary>
/// A device context in base format (table "Base-format device context"): translation control, second stage, translation attributes,
/// first stage.
/// </summary>
public readonly record struct DeviceContext(ulong Tc, ulong Iohgatp, ulong Ta, ulong Fsc)
{
    public const int Bytes = 32;
    public const ulong Valid = 1;

    /// <summary>DTF: translation faults are not recorded.</summary>
    public const ulong FaultsDisabled = 1UL << 4;

    /// <summary>GADE: hardware sets A and D of the second stage.</summary>
    public const ulong SecondUpdates = 1UL << 7;

    /// <summary>SADE: hardware sets A and D of the first stage.</summary>
    public const ulong FirstUpdates = 1UL << 8;

    public const int Bare = 0;
    public const int Sv39 = 8;
    public const int Sv48 = 9;

    /// <summary>Sv39x4 of iohgatp: three levels, the top one of 2048 entries.</summary>
    public const int Sv39x4 = 8;

    private const ulong KnownControl = Valid | FaultsDisabled | SecondUpdates | FirstUpdates;

    public int FirstMode => (int)(Fsc >> 60);

    public int SecondMode => (int)(Iohgatp >> 60);

    public int Pscid => (int)Field(Ta, 31, 12);

    /// <summary>Names the guest, for its cached translations of both stages; null without a second stage.</summary>
    public int? Gscid => SecondMode == Bare ? null : (int)Field(Iohgatp, 59, 44);

    public ulong FirstRoot => Field(Fsc, 43, 0) << 12;

    public ulong SecondRoot => Field(Iohgatp, 43, 0) << 12;

    /// <summary>Whether this IOMMU can use it (section "Device-context configuration checks").</summary>
    public bool IsConfigured(Registers registers) => (Tc & ~KnownControl) == 0 && (Ta & ~Put(Mask(20), 12)) == 0
        && FirstMode is Bare or Sv39 or Sv48 && SecondMode is Bare or Sv39x4
        && Field(Fsc, 59, 44) == 0 && (SecondRoot & 0x3FFF) == 0
        && (SecondRoot & registers.BeyondMemory) == 0 && (Gscid is not null || (FirstRoot & registers.BeyondMemory) == 0);

    public static ulong First(int mode, ulong root) => Put((ulong)mode, 60) | (root >> 12);

    public static ulong Second(int gscid, ulong root) => Put(Sv39x4, 60) | Put((ulong)gscid, 44) | (root >> 12);

    public static ulong Attributes(int pscid) => Put((ulong)pscid, 12);
}
