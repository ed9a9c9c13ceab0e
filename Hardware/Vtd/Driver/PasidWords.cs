using Iommu.Hardware.Vtd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>The words of PASID table entries that the driver writes (pasid.c).</summary>
internal static class PasidWords
{
    private const ulong SecondDirty = 1UL << 9;
    private const ulong WalkSnoop = 1UL << 23;
    private const ulong PageSnoop = 1UL << 24;

    public static ulong[] FirstStage(VtdPageTable table, int domain, bool snoop) =>
    [
        Word0(TranslationType.FirstStage, 0, false),
        (ushort)domain | WalkSnoop | (snoop ? PageSnoop : 0),
        table.Root | Mode(table.Levels),
    ];

    public static ulong[] SecondStage(VtdPageTable table, int domain, bool dirty) =>
    [
        table.Root | Word0(TranslationType.SecondStage, table.Levels, dirty),
        (ushort)domain | WalkSnoop,
    ];

    public static ulong[] Nested(VtdPageTable second, GuestFirstStage first, int domain, bool dirty, bool snoop) =>
    [
        second.Root | Word0(TranslationType.Nested, second.Levels, dirty),
        (ushort)domain | WalkSnoop | (snoop ? PageSnoop : 0),
        first.Root | Mode(first.Levels) | (first.Supervisor ? 1UL : 0) | (first.WriteProtect ? 1UL << 4 : 0)
        | (first.ExtendedAccess ? 1UL << 7 : 0),
    ];

    private static ulong Word0(TranslationType type, int secondLevels, bool dirty) =>
        1 | Put((ulong)type, 6) | (secondLevels > 0 ? Put((ulong)(secondLevels - 2), 2) : 0) | (dirty ? SecondDirty : 0);

    private static ulong Mode(int levels) => levels == 5 ? 1UL << 2 : 0;
}
