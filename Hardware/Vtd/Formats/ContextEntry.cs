using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Formats;

/// <summary>A scalable-mode context entry of 32 bytes: where a device's PASID directory is (section 9.4).</summary>
internal sealed record ContextEntry
{
    public const int Bytes = 32;
    public const int Words = 4;

    public required ulong Directory { get; init; }

    /// <summary>PASIDs are below 2^this: a directory has 2^(PDTS + 7) entries of 64.</summary>
    public required int PasidBits { get; init; }

    /// <summary>Stands for the PASID of requests that have none.</summary>
    public required uint RequesterPasid { get; init; }

    public required bool RequesterPrivileged { get; init; }

    public required bool DeviceTlbEnabled { get; init; }

    public required bool PasidEnabled { get; init; }

    public required bool PageRequestEnabled { get; init; }

    /// <summary>FPD: faults of the device are not recorded.</summary>
    public required bool FaultsDisabled { get; init; }

    /// <summary>The entry, or why it cannot be used.</summary>
    public static (ContextEntry? Entry, FaultReason Reason) Decode(ReadOnlySpan<ulong> words, Registers registers)
    {
        if (!Bit(words[0], 0)) return (null, FaultReason.ContextNotPresent);
        if ((words[0] & ((0xFUL << 5) | registers.BeyondHost)) != 0 || words[1] >> 21 != 0 || (words[2] | words[3]) != 0)
            return (null, FaultReason.ContextReserved);
        return (new ContextEntry
        {
            Directory = words[0] & ~0xFFFUL,
            PasidBits = (int)Field(words[0], 11, 9) + 7 + 6,
            RequesterPasid = (uint)Field(words[1], 19, 0),
            RequesterPrivileged = Bit(words[1], 20),
            DeviceTlbEnabled = Bit(words[0], 2),
            PasidEnabled = Bit(words[0], 3),
            PageRequestEnabled = Bit(words[0], 4),
            FaultsDisabled = HasFaultsDisabled(words[0]),
        }, FaultReason.None);
    }

    /// <summary>FPD counts in an entry that cannot be used too.</summary>
    public static bool HasFaultsDisabled(ulong word0) => Bit(word0, 1);
}
