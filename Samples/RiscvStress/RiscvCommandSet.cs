using Iommu.Hardware.Faults;
using RiscvIommu;

namespace RiscvStress;

/// <summary>What a planted fault has to know of the commands of a RISC-V IOMMU. Guests have no queues of their own.</summary>
public sealed class RiscvCommandSet : CommandSet
{
    // A fence that waits for nothing.
    private static readonly ulong[] Fence = [(ulong)Opcode.Iofence, 0];

    public override ReadOnlySpan<ulong> Nothing => Fence;

    public override ReadOnlySpan<ulong> NothingOfGuest => Fence;

    public override bool IsInvalidation(ReadOnlySpan<ulong> command) =>
        CommandOf(command).Opcode is Opcode.IotinvalVma or Opcode.IotinvalGvma;

    // First stages are made of second ones: what is cached of a second stage goes before what was made from it.
    public override bool MayBeLate(ReadOnlySpan<ulong> command) => CommandOf(command).Opcode == Opcode.IotinvalVma;

    public override bool MayBeOvertaken(ReadOnlySpan<ulong> command) => IsInvalidation(command);

    public override string Describe(ReadOnlySpan<ulong> command) => CommandOf(command).ToString();

    private static Command CommandOf(ReadOnlySpan<ulong> command) => new(command[0], command[1]);
}
