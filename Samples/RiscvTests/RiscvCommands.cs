using Iommu.TestKit.UnderTest.Probes;
using RiscvIommu;

namespace RiscvTests;

/// <summary>What one expects of the command queue of a RISC-V IOMMU.</summary>
internal static class RiscvCommands
{
    public static Command Riscv(this ConsumedCommand consumed) => new(consumed.Words.Span[0], consumed.Words.Span[1]);

    public static Task<ConsumedCommand> ExpectVmaAsync(this QueueProbe queue, int pscid, ulong iova) => queue.ExpectAsync(
        $"an IOTINVAL.VMA for PSCID {pscid} at 0x{iova:x}", consumed =>
            consumed.Riscv() is { Opcode: Opcode.IotinvalVma } command && (!command.HasPscid || command.Pscid == pscid)
            && (!command.HasAddress || (command.Range.First <= iova && iova <= command.Range.Last)));
}
