using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Formats;

/// <summary>A decoded device table entry (AMD 48882, 2.2.2.1).</summary>
public sealed record DeviceTableEntry
{
    public const int Bytes = 32;
    public const ulong Valid = 1;
    public const ulong TranslationValid = 2;
    public const ulong HostDirty = 3UL << 7;
    public const ulong ModeMask = 7UL << 9;
    public const ulong HostRootMask = 0x000F_FFFF_FFFF_F000;
    public const ulong Ppr = 1UL << 52;
    public const ulong GuestUntagged = 1UL << 54;
    public const ulong GuestValid = 1UL << 55;
    public const ulong GlxMask = 3UL << 56;
    public const ulong GcrRootLow = 7UL << 58;
    public const ulong Read = 1UL << 61;
    public const ulong Write = 1UL << 62;

    public const ulong DomainMask = 0xFFFF;
    public const ulong GcrRootMiddle = 0xFFFFUL << 16;
    public const ulong Iotlb = 1UL << 32;
    public const ulong SuppressAll = 1UL << 34;
    public const ulong GcrRootHigh = 0x1FFFFFUL << 43;

    public const ulong GuestModeMask = 3UL << 54;

    private const ulong Reserved0 = (0x1FUL << 2) | (1UL << 63);

    public required EntryKind Kind { get; init; }

    public ushort DomainId { get; init; }

    /// <summary>Levels of the host table; 0 where addresses pass as they are.</summary>
    public int Mode { get; init; }

    public ulong HostRoot { get; init; }

    public Access Granted { get; init; }

    /// <summary>I: the device may ask for translations and keep them.</summary>
    public bool AllowsAts { get; init; }

    public bool AllowsPpr { get; init; }

    public bool RecordsFaults { get; init; } = true;

    /// <summary>HD: writes set the dirty bits of the host table.</summary>
    public bool SetsDirty { get; init; }

    /// <summary>GV: guest tables translate before the host's; null where there are none.</summary>
    public GuestRegime? Guest { get; init; }

    /// <summary>The entry, or null when it is not legal for this IOMMU (ILLEGAL_DEV_TABLE_ENTRY).</summary>
    public static DeviceTableEntry? Decode(ReadOnlySpan<ulong> words, ulong efr)
    {
        var (word0, word1, word2) = (words[0], words[1], words[2]);
        if ((word0 & Valid) == 0) return new DeviceTableEntry { Kind = EntryKind.Pass };
        if ((word0 & Reserved0) != 0) return null;
        if ((word0 & TranslationValid) == 0) return new DeviceTableEntry { Kind = EntryKind.Blocked };
        var mode = (int)Field(word0, 11, 9);
        if (mode > ExtendedFeatures.HostLevels(efr)) return null;
        GuestRegime? guest = null;
        if ((word0 & GuestValid) != 0 && (guest = GuestRegime.Decode(word0, word1, word2, efr)) is null) return null;
        return new DeviceTableEntry
        {
            Kind = EntryKind.Translated,
            DomainId = (ushort)word1,
            Mode = mode,
            HostRoot = word0 & HostRootMask,
            Granted = (Access)Field(word0, 62, 61),
            AllowsAts = (word1 & Iotlb) != 0,
            AllowsPpr = (word0 & Ppr) != 0,
            RecordsFaults = (word1 & SuppressAll) == 0,
            SetsDirty = Field(word0, 8, 7) == 3 && (efr & ExtendedFeatures.HostDirty) != 0,
            Guest = guest,
        };
    }
}

/// <summary>What an entry makes of requests: V and TV.</summary>
public enum EntryKind : byte
{
    /// <summary>V = 0: they pass untranslated.</summary>
    Pass,
    /// <summary>V = 1, TV = 0: they are aborted without an event.</summary>
    Blocked,
    Translated,
}

/// <summary>How the guest's tables of an entry translate.</summary>
/// <param name="GcrRoot">Where the first GCR3 table is.</param>
/// <param name="Glx">GCR3 levels less one.</param>
/// <param name="Levels">Levels of the guest tables, 4 or 5.</param>
/// <param name="TranslatesUntagged">GIOV: a request without PASID is one of PASID 0; otherwise guest tables do not see it.</param>
public sealed record GuestRegime(ulong GcrRoot, int Glx, int Levels, bool TranslatesUntagged)
{
    /// <summary>Null where the fields are not legal.</summary>
    public static GuestRegime? Decode(ulong word0, ulong word1, ulong word2, ulong efr)
    {
        var (glx, mode) = ((int)Field(word0, 57, 56), (int)Field(word2, 55, 54));
        if ((efr & ExtendedFeatures.GuestTranslation) == 0 || glx == 3 || glx > ExtendedFeatures.GcrLevelsMax(efr)) return null;
        if (mode > 1 || 4 + mode > ExtendedFeatures.GuestLevels(efr)) return null;
        var root = Put(Field(word0, 60, 58), 12) | Put(Field(word1, 31, 16), 15) | Put(Field(word1, 63, 43), 31);
        var untagged = (word0 & DeviceTableEntry.GuestUntagged) != 0 && (efr & ExtendedFeatures.GuestIo) != 0;
        return new GuestRegime(root, glx, 4 + mode, untagged);
    }
}
