using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Formats;

/// <summary>A PASID table entry of 64 bytes: how one address space of a device is translated (section 9.6).</summary>
internal sealed record PasidEntry
{
    public const int Bytes = 64;
    public const int Words = 8;

    public required TranslationType Type { get; init; }

    public required ushort DomainId { get; init; }

    /// <summary>SSPTPTR: the second stage's top table.</summary>
    public required ulong SecondRoot { get; init; }

    /// <summary>Levels of the second stage, 3 to 5 (AW).</summary>
    public required int SecondLevels { get; init; }

    /// <summary>FSPTPTR: the first stage's top table, a guest physical address when nested.</summary>
    public required ulong FirstRoot { get; init; }

    /// <summary>4 or 5 (FSPM).</summary>
    public required int FirstLevels { get; init; }

    /// <summary>SLEE: execute requests need the X bit of second-stage entries.</summary>
    public required bool SecondExecute { get; init; }

    /// <summary>SSADE: hardware sets accessed and dirty bits in second-stage entries.</summary>
    public required bool SecondDirty { get; init; }

    public required bool Supervisor { get; init; }

    public required bool Execute { get; init; }

    /// <summary>WPE: read-only holds for supervisor requests too.</summary>
    public required bool WriteProtect { get; init; }

    /// <summary>EAFE: the extended access flag is set with the accessed bit.</summary>
    public required bool ExtendedAccess { get; init; }

    public bool HasFirst => Type is TranslationType.FirstStage or TranslationType.Nested;

    public bool HasSecond => Type is TranslationType.SecondStage or TranslationType.Nested;

    public int SecondBits => 12 + 9 * SecondLevels;

    /// <summary>The entry, or why it cannot be used.</summary>
    public static (PasidEntry? Entry, FaultReason Reason) Decode(ReadOnlySpan<ulong> words, Registers registers)
    {
        if (!Bit(words[0], 0)) return (null, FaultReason.PasidNotPresent);
        var type = (TranslationType)Field(words[0], 8, 6);
        if (HasReserved(words, type, registers)) return (null, FaultReason.PasidReserved);
        var levels = (int)Field(words[0], 4, 2) + 2;
        if (!IsValid(words, type, levels, registers)) return (null, FaultReason.PasidInvalid);
        return (new PasidEntry
        {
            Type = type,
            DomainId = (ushort)words[1],
            SecondRoot = words[0] & ~0xFFFUL,
            SecondLevels = levels,
            FirstRoot = words[2] & ~0xFFFUL,
            FirstLevels = Field(words[2], 3, 2) == 1 ? 5 : 4,
            SecondExecute = Bit(words[0], 5),
            SecondDirty = Bit(words[0], 9),
            Supervisor = Bit(words[2], 0),
            Execute = Bit(words[2], 1),
            WriteProtect = Bit(words[2], 4),
            ExtendedAccess = Bit(words[2], 7),
        }, FaultReason.None);
    }

    /// <summary>FPD: faults of this PASID are not recorded.</summary>
    public static bool FaultsDisabled(ulong word0) => Bit(word0, 1);

    private static bool HasReserved(ReadOnlySpan<ulong> words, TranslationType type, Registers registers)
    {
        var second = (3UL << 10) | registers.BeyondHost | (registers.HasSecondStageDirty ? 0 : 1UL << 9);
        // Guest addresses are held against the second stage when they are used.
        var first = (0xFUL << 8) | (type == TranslationType.Nested ? 0 : registers.BeyondHost)
            | (registers.HasSupervisorRequests ? 0 : 1UL) | (registers.HasExecuteRequests ? 0 : 2UL)
            | (registers.HasExtendedAccessFlag ? 0 : 1UL << 7);
        return (words[0] & second) != 0 || (words[1] & ((0x7FUL << 16) | (0x1FUL << 27))) != 0 || (words[2] & first) != 0
            || words[3..].ContainsAnyExcept(0UL);
    }

    private static bool IsValid(ReadOnlySpan<ulong> words, TranslationType type, int levels, Registers registers)
    {
        var firstIsValid = registers.HasFirstStage && Field(words[2], 3, 2) <= (registers.HasFirstStage5Levels ? 1UL : 0UL);
        var secondIsValid = registers.HasSecondStage && registers.HasSecondStageLevels(levels);
        return type switch
        {
            TranslationType.FirstStage => firstIsValid,
            TranslationType.SecondStage => secondIsValid,
            TranslationType.Nested => registers.HasNesting && firstIsValid && secondIsValid,
            TranslationType.PassThrough => true,
            _ => false,
        };
    }
}
