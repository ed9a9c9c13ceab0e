using Iommu.Hardware.Amd;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Invalidations of the IOMMU's own caches have no order before a COMPLETION_WAIT (AMD 48882, 2.4); those of devices come after them.
/// </summary>
internal sealed class AmdCommandSet : CommandSet
{
    // Of a device that there is not: INVALIDATE_INTERRUPT_TABLE, which is nobody's here.
    private static readonly ulong[] Interrupts = [((ulong)Opcode.InvalidateInterruptTable << 60) | 0xFFFF, 0];

    public override ReadOnlySpan<ulong> Nothing => Interrupts;

    public override ReadOnlySpan<ulong> NothingOfGuest => Interrupts;

    public override bool IsInvalidation(ReadOnlySpan<ulong> command) =>
        MayBeOvertaken(command) || OpcodeOf(command) == Opcode.InvalidateIotlbPages;

    public override bool MayBeLate(ReadOnlySpan<ulong> command) => MayBeOvertaken(command);

    public override bool MayBeOvertaken(ReadOnlySpan<ulong> command) =>
        OpcodeOf(command) is Opcode.InvalidateIommuPages or Opcode.InvalidateIommuAll;

    public override string Describe(ReadOnlySpan<ulong> command) => new Command(command[0], command[1]).ToString();

    private static Opcode OpcodeOf(ReadOnlySpan<ulong> command) => new Command(command[0], command[1]).Opcode;
}
