using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Checkers.Smmuv3;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>What one expects of an SMMUv3's command queue.</summary>
public static class Smmuv3Commands
{
    /// <summary>The command as the architecture has it (IHI 0070, chapter 4).</summary>
    public static Command Smmuv3(this ConsumedCommand consumed) => new(consumed.Words.Span[0], consumed.Words.Span[1]);

    /// <summary>Expects a TLBI by which the translations of a first stage go.</summary>
    /// <param name="queue">Of the SMMU.</param>
    /// <param name="vmid">Of the guest; the host's own is 0.</param>
    /// <param name="asid">Of the address space.</param>
    /// <param name="iova">One that goes with it; null when all of the address space must.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectTlbiAsync(this QueueProbe queue, int vmid, int asid, ulong? iova = null) =>
        queue.ExpectAsync($"a TLBI for vmid={vmid} asid={asid}{Probe.At(iova)}", consumed => Of(consumed.Smmuv3(), vmid, asid, iova));

    /// <summary>Expects a TLBI by which the translations of a second stage go.</summary>
    /// <param name="queue">Of the SMMU.</param>
    /// <param name="vmid">Of the guest.</param>
    /// <param name="ipa">One that goes with it; null when all of the VMID must.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectStage2TlbiAsync(this QueueProbe queue, int vmid, ulong? ipa = null) =>
        queue.ExpectAsync($"a stage 2 TLBI for vmid={vmid}{Probe.At(ipa)}", consumed => OfStage2(consumed.Smmuv3(), vmid, ipa));

    /// <summary>Expects no TLBI of a VMID, nor one of all.</summary>
    /// <param name="queue">Of the SMMU.</param>
    /// <param name="vmid">Of the guest; the host's own is 0.</param>
    /// <exception cref="ExpectationException">There was one.</exception>
    public static void ExpectNoTlbi(this QueueProbe queue, int vmid) =>
        queue.ExpectNone($"no TLBI for vmid={vmid}", consumed => consumed.Smmuv3() is var command
            && (command.Opcode == Opcode.TlbiNsnhAll
                || command.Opcode is >= Opcode.TlbiNhAll and < Opcode.TlbiNsnhAll && command.Vmid == vmid));

    /// <summary>Expects an ATC_INV of a device.</summary>
    /// <param name="queue">Of the SMMU.</param>
    /// <param name="streamId">Of the device.</param>
    /// <param name="iova">One that it reaches; null for all.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectAtcInvAsync(this QueueProbe queue, uint streamId, ulong? iova = null) =>
        queue.ExpectAsync($"an ATC_INV for sid=0x{streamId:x}{Probe.At(iova)}", consumed =>
            consumed.Smmuv3() is { Opcode: Opcode.AtcInv } command && command.StreamId == streamId && Reaches(command, iova));

    /// <summary>Expects that what is cached of a device's stream table entry goes.</summary>
    /// <param name="queue">Of the SMMU.</param>
    /// <param name="streamId">Of the device.</param>
    /// <exception cref="ExpectationException">There was no such command.</exception>
    public static Task<ConsumedCommand> ExpectCfgiSteAsync(this QueueProbe queue, uint streamId) =>
        queue.ExpectAsync($"a CFGI_STE for sid=0x{streamId:x}", consumed => consumed.Smmuv3() switch
        {
            { Opcode: Opcode.CfgiSte } command => command.StreamId == streamId,
            { Opcode: Opcode.CfgiSteRange } command => (command.StreamId ^ (ulong)streamId) >> (command.Range + 1) == 0,
            _ => false,
        });

    private static bool Of(Command command, int vmid, int asid, ulong? iova) => command.Opcode switch
    {
        Opcode.TlbiNsnhAll => true,
        Opcode.TlbiNhAll or Opcode.TlbiS12Vmall => command.Vmid == vmid,
        Opcode.TlbiNhAsid => command.Vmid == vmid && command.Asid == asid,
        Opcode.TlbiNhVa => command.Vmid == vmid && command.Asid == asid && iova is not null && Reaches(command, iova),
        Opcode.TlbiNhVaa => command.Vmid == vmid && iova is not null && Reaches(command, iova),
        _ => false,
    };

    private static bool OfStage2(Command command, int vmid, ulong? ipa) => command.Opcode switch
    {
        Opcode.TlbiNsnhAll => true,
        Opcode.TlbiS12Vmall => command.Vmid == vmid,
        Opcode.TlbiS2Ipa => command.Vmid == vmid && ipa is not null && Reaches(command, ipa),
        _ => false,
    };

    private static bool Reaches(Command command, ulong? address)
    {
        var (first, last) = InvalidationRules.AddressesOf(command);
        return address is { } one ? one >= first && one <= last : first == 0 && last == ulong.MaxValue;
    }
}
