using Iommu.Hardware.Smmuv3;

namespace Iommu.Hardware.Faults;

/// <summary>
/// TLBIs have no order before a CMD_SYNC (IHI 0070, 4.4), but those of a stage 2 come before those of what was made from it: software
/// has them so, or it would be made of the old again.
/// </summary>
internal sealed class Smmuv3CommandSet : CommandSet
{
    private static readonly ulong[] Prefetch = [(ulong)Opcode.PrefetchConfig, 0];
    private static readonly ulong[] Sync = [(ulong)Opcode.Sync, 0];

    public override ReadOnlySpan<ulong> Nothing => Prefetch;

    public override ReadOnlySpan<ulong> NothingOfGuest => Sync;

    public override bool IsInvalidation(ReadOnlySpan<ulong> command) => OpcodeOf(command) is >= Opcode.TlbiNhAll and <= Opcode.AtcInv;

    public override bool MayBeLate(ReadOnlySpan<ulong> command) => MayBeOvertaken(command) && OpcodeOf(command) != Opcode.TlbiS2Ipa;

    public override bool MayBeOvertaken(ReadOnlySpan<ulong> command) => OpcodeOf(command) is >= Opcode.TlbiNhAll and < Opcode.AtcInv;

    public override string Describe(ReadOnlySpan<ulong> command) => new Command(command[0], command[1]).ToString();

    private static Opcode OpcodeOf(ReadOnlySpan<ulong> command) => (Opcode)(byte)command[0];
}
