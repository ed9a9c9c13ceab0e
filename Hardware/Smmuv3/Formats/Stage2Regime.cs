using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>How stage 2 of a stream translates: the S2* fields of its stream table entry.</summary>
public sealed record Stage2Regime(
    TableGeometry Geometry, ulong Root, int OutputBits, bool AccessFlagFaultsDisabled, bool RecordsFaults, bool Stalls)
{
    private const int ConcatenationLog2Max = 4;

    /// <summary>The regime, or null where the fields are not legal together (C_BAD_STE).</summary>
    public static Stage2Regime? Decode(ulong word2, ulong word3, Registers registers)
    {
        var granule = Field(word2, 47, 46) switch { 0 => 12, 1 => 16, 2 => 14, _ => 0 };
        var inputSize = (int)Field(word2, 37, 32);
        var aarch64 = Bit(word2, 51);
        var stalls = Bit(word2, 57);
        if (stalls && !registers.HasStalls) return null;
        if (granule == 0 || !registers.HasGranule(granule) || inputSize is < 16 or > 39 || !aarch64) return null;
        if (StartLevelOf(granule, (int)Field(word2, 39, 38)) is not { } start) return null;
        var geometry = new TableGeometry(granule, 64 - inputSize, start);
        if (!IsConsistent(geometry)) return null;
        var outputBits = Math.Min(Registers.OutputBitsOf((int)Field(word2, 50, 48)), registers.OutputBits);
        var alignment = Math.Max(6, geometry.IndexBitsOf(start) + 3);
        var root = InPlace(word3, 51, 4);
        if (root >> registers.OutputBits != 0) return null;
        return new Stage2Regime(geometry, root & ~Mask(alignment), outputBits, Bit(word2, 53), Bit(word2, 58), stalls);
    }

    // STE.S2SL0, IHI 0070 5.2: 4 KiB counts down from level 2, the larger granules from level 3.
    private static int? StartLevelOf(int granule, int sl0) => granule == 12
        ? sl0 switch { 0 => 2, 1 => 1, 2 => 0, _ => null }
        : sl0 switch { 0 => 3, 1 => 2, 2 => 1, _ => null };

    // Between one entry and sixteen concatenated tables at the first level.
    private static bool IsConsistent(TableGeometry geometry)
    {
        var indexBits = geometry.IndexBitsOf(geometry.StartLevel);
        return indexBits >= 1 && indexBits <= geometry.BitsPerLevel + ConcatenationLog2Max;
    }
}
