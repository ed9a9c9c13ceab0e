namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>How a stage writes its leaves (ARM DDI 0487, D8.3); tables are written alike by both.</summary>
internal abstract class DescriptorFormat
{
    public const ulong Valid = 1;
    public const ulong TableOrPage = 2;
    public const ulong AddressMask = 0x0000_FFFF_FFFF_F000;

    private const ulong InnerShareable = 3UL << 8;
    private const ulong AccessFlag = 1UL << 10;

    public static readonly DescriptorFormat Stage1 = new Stage1Format();
    public static readonly DescriptorFormat Stage2 = new Stage2Format();

    public static bool IsTable(ulong descriptor, int level) => level < 3 && (descriptor & 3) == (Valid | TableOrPage);

    public ulong Leaf(ulong physical, int level, Access access) =>
        (physical & AddressMask) | Valid | (level == 3 ? TableOrPage : 0) | InnerShareable | AccessFlag | Attributes(access);

    protected abstract ulong Attributes(Access access);

    // Memory attribute index 1 is the cached one of the CD's MAIR; not global; unprivileged; no execution by a device.
    private sealed class Stage1Format : DescriptorFormat
    {
        protected override ulong Attributes(Access access) =>
            (1UL << 2) | (1UL << 6) | (1UL << 11) | (3UL << 53) | (access.HasFlag(Access.Write) ? 0 : 1UL << 7);
    }

    private sealed class Stage2Format : DescriptorFormat
    {
        protected override ulong Attributes(Access access) => (0xFUL << 2) | ((ulong)access << 6);
    }
}
