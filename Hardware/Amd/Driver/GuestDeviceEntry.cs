using System.Buffers.Binary;
using Iommu.Hardware.Amd.Formats;
using Iommu.Messages;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>A guest's device table entry that was accepted (struct iommu_hwpt_amd_guest).</summary>
internal readonly record struct GuestDeviceEntry(ulong Word0, ulong Word1, ulong Word2)
{
    public const int Bytes = 32;

    public EntryKind Kind => (Word0 & DeviceTableEntry.Valid) == 0 ? EntryKind.Pass
        : (Word0 & DeviceTableEntry.TranslationValid) == 0 ? EntryKind.Blocked : EntryKind.Translated;

    public ushort DomainId => (ushort)Word1;

    public bool HasTables => Kind == EntryKind.Translated && (Word0 & DeviceTableEntry.GuestValid) != 0;

    public bool WantsAts => Kind == EntryKind.Translated && (Word1 & DeviceTableEntry.Iotlb) != 0;

    /// <returns>
    /// EINVAL for host tables of its own, guest tables without a root, a mode or GLX that is reserved; EOPNOTSUPP for five levels where
    /// the IOMMU has four (nested.c, validate_gdte_nested).
    /// </returns>
    public static Result<GuestDeviceEntry> Parse(ReadOnlySpan<byte> data, ulong efr)
    {
        var word0 = BinaryPrimitives.ReadUInt64LittleEndian(data);
        var word1 = BinaryPrimitives.ReadUInt64LittleEndian(data[8..]);
        var word2 = BinaryPrimitives.ReadUInt64LittleEndian(data[16..]);
        if ((word0 & (DeviceTableEntry.ModeMask | DeviceTableEntry.HostRootMask)) != 0) return Errno.EINVAL;
        const ulong tables = DeviceTableEntry.Valid | DeviceTableEntry.GuestValid;
        var root = (word0 & DeviceTableEntry.GcrRootLow) | (word1 & (DeviceTableEntry.GcrRootMiddle | DeviceTableEntry.GcrRootHigh));
        if ((word0 & tables) == tables && root == 0) return Errno.EINVAL;
        var mode = (int)Field(word2, 55, 54);
        if (mode > 1 || (word0 & DeviceTableEntry.GlxMask) == DeviceTableEntry.GlxMask) return Errno.EINVAL;
        if (4 + mode > ExtendedFeatures.GuestLevels(efr)) return Errno.EOPNOTSUPP;
        return new GuestDeviceEntry(word0, word1, word2);
    }

    /// <summary>The entry for the hardware: the host's tables under a domain id of the host's, the guest's tables before them.</summary>
    /// <param name="stage2">Word 0 of an entry of the parent alone.</param>
    /// <param name="domain">The domain id.</param>
    /// <param name="ats">Whether the device may keep translations.</param>
    public ulong[] Over(ulong stage2, ushort domain, bool ats)
    {
        const ulong rights = DeviceTableEntry.Read | DeviceTableEntry.Write;
        const ulong guest = DeviceTableEntry.Ppr | DeviceTableEntry.GuestUntagged | DeviceTableEntry.GuestValid
            | DeviceTableEntry.GlxMask | DeviceTableEntry.GcrRootLow;
        var iotlb = ats ? DeviceTableEntry.Iotlb : 0;
        return Kind switch
        {
            EntryKind.Blocked => [DeviceTableEntry.Valid, 0, 0, 0],
            EntryKind.Pass => [stage2, domain | iotlb, 0, 0],
            _ when !HasTables => [(stage2 & ~rights) | (Word0 & rights), domain | iotlb, 0, 0],
            _ =>
            [
                (stage2 & ~rights) | (Word0 & (rights | guest)),
                domain | iotlb | (Word1 & (DeviceTableEntry.GcrRootMiddle | DeviceTableEntry.GcrRootHigh)),
                Word2 & DeviceTableEntry.GuestModeMask,
                0,
            ],
        };
    }
}
