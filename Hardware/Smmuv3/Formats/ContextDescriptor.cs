using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>A decoded context descriptor (IHI 0070, 5.4): stage 1 of a stream.</summary>
public sealed record ContextDescriptor
{
    public const int Bytes = 64;

    public required ushort Asid { get; init; }

    /// <summary>Bits of what stage 1 puts out: CD.IPS, no more than the SMMU has.</summary>
    public required int OutputBits { get; init; }

    public bool AccessFlagFaultsDisabled { get; init; }

    /// <summary>CD.R: faults are recorded in the event queue.</summary>
    public bool RecordsFaults { get; init; }

    /// <summary>CD.S: a fault stalls its transaction.</summary>
    public bool Stalls { get; init; }

    /// <summary>Null where walks are disabled (EPD).</summary>
    public Stage1Regime? Lower { get; init; }

    public Stage1Regime? Upper { get; init; }

    private bool LowerIgnoresTopByte { get; init; }

    private bool UpperIgnoresTopByte { get; init; }

    /// <summary>The descriptor, or null when it is not valid or not legal (C_BAD_CD).</summary>
    /// <param name="words">Eight of them.</param>
    /// <param name="registers">What the SMMU can.</param>
    /// <param name="mayStall">Whether the stream table entry allows CD.S (S1STALLD = 0).</param>
    public static ContextDescriptor? Decode(ReadOnlySpan<ulong> words, Registers registers, bool mayStall)
    {
        var word0 = words[0];
        if (!Bit(word0, 31) || !Bit(word0, 41)) return null;
        if (Bit(word0, 44) && !(mayStall && registers.HasStalls)) return null;
        var outputBits = Math.Min(Registers.OutputBitsOf((int)Field(word0, 34, 32)), registers.OutputBits);
        if (!TryDecodeHalf(word0, words[1], false, outputBits, registers, out var lower)) return null;
        if (!TryDecodeHalf(word0, words[2], true, outputBits, registers, out var upper)) return null;
        return new ContextDescriptor
        {
            Asid = (ushort)(word0 >> 48),
            OutputBits = outputBits,
            AccessFlagFaultsDisabled = Bit(word0, 35),
            RecordsFaults = Bit(word0, 45),
            Stalls = Bit(word0, 44),
            Lower = lower,
            Upper = upper,
            LowerIgnoresTopByte = Bit(word0, 38),
            UpperIgnoresTopByte = Bit(word0, 39),
        };
    }

    /// <summary>Takes a tag off an address where TBI says that there is one; bit 55 tells the half.</summary>
    public ulong Untag(ulong iova)
    {
        var isUpper = Bit(iova, 55);
        if (!(isUpper ? UpperIgnoresTopByte : LowerIgnoresTopByte)) return iova;
        return isUpper ? iova | (0xFFUL << 56) : iova & Mask(56);
    }

    /// <summary>The half that translates an address, or null where nothing does (F_TRANSLATION).</summary>
    public Stage1Regime? HalfOf(ulong va) =>
        Lower is not null && Lower.Covers(va) ? Lower : Upper is not null && Upper.Covers(va) ? Upper : null;

    // TG0 and TG1 encode the granule differently; IHI 0070, 5.4.
    private static bool TryDecodeHalf(ulong word0, ulong root, bool isUpper, int outputBits, Registers registers, out Stage1Regime? half)
    {
        half = null;
        if (Bit(word0, isUpper ? 30 : 14)) return true;
        var size = (int)(isUpper ? Field(word0, 21, 16) : Field(word0, 5, 0));
        var granule = isUpper
            ? Field(word0, 23, 22) switch { 1 => 14, 2 => 12, 3 => 16, _ => 0 }
            : Field(word0, 7, 6) switch { 0 => 12, 1 => 16, 2 => 14, _ => 0 };
        if (granule == 0 || !registers.HasGranule(granule) || size is < 16 or > 39) return false;
        var table = InPlace(root, 51, 4);
        if (table >> outputBits != 0) return false;
        var inputBits = 64 - size;
        var geometry = new TableGeometry(granule, inputBits, TableGeometry.StartLevelOf(granule, inputBits));
        var alignment = Math.Max(6, geometry.IndexBitsOf(geometry.StartLevel) + 3);
        half = new Stage1Regime(geometry, table & ~Mask(alignment), isUpper, Bit(word0, isUpper ? 39 : 38), Bit(root, 1));
        return true;
    }
}
