using Iommu.Hardware;

namespace Iommu.TestKit.Guests;

/// <summary>An IOMMU whose guests have the processor's tables (Intel SDM 3A, 4.5): AMD's v2 tables, first stages of a VT-d.</summary>
internal abstract class X86GuestIommu : GuestIommu
{
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    // Present, for user requests; hardware sets accessed and dirty.
    public sealed override ulong Page(ulong ipa, Access access) =>
        (ipa & AddressMask) | 5 | (access.HasFlag(Access.Write) ? 2UL : 0);

    public sealed override ulong Block(ulong ipa, Access access) => Page(ipa, access) | 0x80;

    public sealed override ulong Table(ulong ipa) => ipa | 7;
}
