using static Iommu.Hardware.Smmuv3.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>A decoded stream table entry (IHI 0070, 5.2).</summary>
public sealed record StreamTableEntry
{
    public const int Bytes = 64;

    public required StreamConfig Config { get; init; }

    /// <summary>Where the context descriptor is: a physical address, an intermediate one when stage 2 is on.</summary>
    public ulong ContextDescriptor { get; init; }

    public ushort Vmid { get; init; }

    /// <summary>STE.EATS = 1: the device may ask for translations and keep them.</summary>
    public bool AllowsAts { get; init; }

    /// <summary>STE.PRIVCFG forces transactions to be privileged.</summary>
    public bool Privileged { get; init; }

    public Stage2Regime? Stage2 { get; init; }

    public bool HasStage1 => Config is StreamConfig.Stage1 or StreamConfig.Nested;

    /// <summary>The entry, or null when it is not valid or not legal for this SMMU (C_BAD_STE).</summary>
    public static StreamTableEntry? Decode(ReadOnlySpan<ulong> words, Registers registers)
    {
        if (!Bit(words[0], 0)) return null;
        var config = Field(words[0], 3, 1);
        if (config < (ulong)StreamConfig.Bypass) return new StreamTableEntry { Config = StreamConfig.Abort };
        var hasStage1 = (config & 1) != 0;
        var hasStage2 = (config & 2) != 0;
        if ((hasStage1 && !registers.HasStage1) || (hasStage2 && !registers.HasStage2)) return null;
        if (hasStage1 && (int)Field(words[0], 63, 59) > registers.SubstreamIdBits) return null;
        var stage2 = hasStage2 ? Stage2Regime.Decode(words[2], words[3], registers) : null;
        if (hasStage2 && stage2 is null) return null;
        return new StreamTableEntry
        {
            Config = (StreamConfig)config,
            ContextDescriptor = InPlace(words[0], 51, 6),
            Vmid = (ushort)words[2],
            AllowsAts = Field(words[1], 29, 28) == 1,
            Privileged = Field(words[1], 49, 48) == 3,
            Stage2 = stage2,
        };
    }
}
