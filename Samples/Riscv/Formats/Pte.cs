using Iommu.Hardware;
using static Iommu.Hardware.Bits;

namespace RiscvIommu.Formats;

/// <summary>
/// A page table entry, the same for both stages (privileged architecture, "Sv39: Page-Based 39-bit Virtual-Memory System"). Without
/// process ids every request is one of user mode, and so is every access that a second stage translates: U must be set.
/// </summary>
public static class Pte
{
    public const ulong Valid = 1;
    public const ulong Read = 1UL << 1;
    public const ulong Write = 1UL << 2;
    public const ulong User = 1UL << 4;
    public const ulong Accessed = 1UL << 6;
    public const ulong Dirty = 1UL << 7;

    private const ulong Execute = 1UL << 3;
    private const ulong Reserved = 0x3FFUL << 54;

    public static int ShiftOf(int level) => 12 + 9 * (level - 1);

    /// <summary>The top table of a second stage is four pages: its index has two bits more.</summary>
    public static ulong OffsetOf(ulong address, int level, bool isWideTop) =>
        ((address >> ShiftOf(level)) & Mask(isWideTop ? 11 : 9)) << 3;

    public static ulong AddressOf(ulong pte) => Field(pte, 53, 10) << 12;

    public static bool IsLeaf(ulong pte) => (pte & (Read | Write | Execute)) != 0;

    public static Access GrantedBy(ulong pte) =>
        ((pte & Read) != 0 ? Access.Read : 0) | ((pte & Write) != 0 ? Access.Write : 0);

    /// <summary>Not valid, writable without being readable, or with a bit set that has no meaning here (no Svpbmt, no Svnapot).</summary>
    public static bool IsMalformed(ulong pte) => (pte & Valid) == 0 || (pte & (Read | Write)) == Write || (pte & Reserved) != 0;

    /// <summary>A table with one of D, A, U, or a leaf for nobody or at an address that its level cannot have.</summary>
    public static bool IsMisplaced(ulong pte, int level) => IsLeaf(pte)
        ? (pte & User) == 0 || (AddressOf(pte) & Mask(ShiftOf(level))) != 0
        : level == 1 || (pte & (Dirty | Accessed | User)) != 0;

    public static ulong Table(ulong physical) => (physical >> 12 << 10) | Valid;

    /// <param name="physical">Where it leads.</param>
    /// <param name="access">What it grants; hardware cannot have write without read.</param>
    /// <param name="clean">Whether a write of a device is to set D.</param>
    public static ulong Leaf(ulong physical, Access access, bool clean) => (physical >> 12 << 10) | Valid | Read | User | Accessed
        | (access.HasFlag(Access.Write) ? Write | (clean ? 0 : Dirty) : 0);
}
