using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>A decoded stream table entry (IHI 0070, 5.2).</summary>
public sealed record StreamTableEntry
{
    public const int Bytes = 64;

    public required StreamConfig Config { get; init; }

    /// <summary>Where the context descriptors are: a physical address, an intermediate one when stage 2 is on.</summary>
    public ulong ContextDescriptors { get; init; }

    /// <summary>STE.S1CDMax: there are 2^this context descriptors; 0 for the one of a stream without substreams.</summary>
    public int SubstreamBits { get; init; }

    /// <summary>STE.S1Fmt: log2 of the descriptors in a leaf of a table of two levels; 0 for a linear table.</summary>
    public int DescriptorLeafLog2 { get; init; }

    /// <summary>STE.S1DSS, where there are substreams.</summary>
    public DefaultSubstream Default { get; init; }

    /// <summary>STE.S1STALLD = 0: context descriptors may stall faults.</summary>
    public bool MayStall { get; init; }

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
        var substreamBits = hasStage1 ? (int)Field(words[0], 63, 59) : 0;
        if (substreamBits > registers.SubstreamIdBits) return null;
        if (LeafLog2Of(substreamBits == 0 ? 0 : (int)Field(words[0], 5, 4), registers) is not { } leafLog2) return null;
        var stage2 = hasStage2 ? Stage2Regime.Decode(words[2], words[3], registers) : null;
        if (hasStage2 && stage2 is null) return null;
        return new StreamTableEntry
        {
            Config = (StreamConfig)config,
            ContextDescriptors = InPlace(words[0], 51, 6),
            SubstreamBits = substreamBits,
            DescriptorLeafLog2 = leafLog2,
            Default = (DefaultSubstream)Field(words[1], 1, 0),
            MayStall = !Bit(words[1], 27),
            Vmid = (ushort)words[2],
            AllowsAts = Field(words[1], 29, 28) == 1,
            Privileged = Field(words[1], 49, 48) == 3,
            Stage2 = stage2,
        };
    }

    // Leaves of 4 KiB and of 64 KiB; 3 is reserved.
    private static int? LeafLog2Of(int format, Registers registers) => format switch
    {
        0 => 0,
        1 when registers.HasTwoLevelDescriptors => 6,
        2 when registers.HasTwoLevelDescriptors => 10,
        _ => null,
    };
}
