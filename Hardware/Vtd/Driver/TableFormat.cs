namespace Iommu.Hardware.Vtd.Driver;

/// <summary>How the driver writes the entries of a stage (section 9.7 and 9.8), levels from 5 down to 1.</summary>
internal abstract class TableFormat
{
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    public static readonly TableFormat First = new FirstStageFormat();
    public static readonly TableFormat Second = new SecondStageFormat();

    private const ulong LargePage = 1UL << 7;

    public static bool IsTable(ulong entry, int level) => level > 1 && (entry & LargePage) == 0;

    public ulong Leaf(ulong physical, int level, Access access) =>
        (physical & AddressMask) | (level > 1 ? LargePage : 0) | Attributes(access);

    public abstract ulong Table(ulong physical);

    /// <summary>The bit that a write of a device sets; 0 where the driver does not look at it.</summary>
    public abstract ulong DirtyBit { get; }

    protected abstract ulong Attributes(Access access);

    // Present, user, accessed from the first; writable ones dirty from the first, so that hardware has nothing to set.
    private sealed class FirstStageFormat : TableFormat
    {
        public override ulong DirtyBit => 0;

        public override ulong Table(ulong physical) => physical | 0x27;

        protected override ulong Attributes(Access access) => 0x25 | (access.HasFlag(Access.Write) ? 0x42UL : 0);
    }

    // Snooped whatever the device says.
    private sealed class SecondStageFormat : TableFormat
    {
        public override ulong DirtyBit => 1UL << 9;

        public override ulong Table(ulong physical) => physical | 3;

        protected override ulong Attributes(Access access) => (ulong)access | (1UL << 11);
    }
}
