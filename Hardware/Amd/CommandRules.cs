using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd;

/// <summary>Which commands an IOMMU knows: the opcode, the features it needs, reserved bits that must be 0 (AMD 48882, 2.4).</summary>
internal static class CommandRules
{
    private const ulong Opcodes = 0xFUL << 60;
    private const ulong Device = 0xFFFF;
    private const ulong Pages = ~0xFFFUL | 7;

    public static bool IsLegal(Command command, ulong efr) => IsKnown(command.Opcode, efr)
        && (command.Word0 & ~(Opcodes | AllowedIn0(command.Opcode))) == 0 && (command.Word1 & ~AllowedIn1(command.Opcode)) == 0;

    private static bool IsKnown(Opcode opcode, ulong efr) => opcode switch
    {
        Opcode.PrefetchIommuPages => (efr & ExtendedFeatures.Prefetch) != 0,
        Opcode.CompletePprRequest => (efr & ExtendedFeatures.Ppr) != 0,
        Opcode.InvalidateIommuAll => (efr & ExtendedFeatures.InvalidateAll) != 0,
        >= Opcode.CompletionWait and <= Opcode.InvalidateInterruptTable => true,
        _ => false,
    };

    private static ulong AllowedIn0(Opcode opcode) => opcode switch
    {
        Opcode.CompletionWait => Mask(52),
        Opcode.InvalidateIommuPages => Mask(20) | Put(0xFFFF, 32),
        Opcode.InvalidateIotlbPages => Mask(60),
        Opcode.CompletePprRequest => Device | Put(Mask(20), 32),
        Opcode.PrefetchIommuPages => Mask(60),
        Opcode.InvalidateIommuAll => 0,
        _ => Device,
    };

    private static ulong AllowedIn1(Opcode opcode) => opcode switch
    {
        Opcode.CompletionWait => ulong.MaxValue,
        Opcode.InvalidateIommuPages or Opcode.PrefetchIommuPages => Pages,
        Opcode.InvalidateIotlbPages => ~0xFFFUL | 5,
        Opcode.CompletePprRequest => 4 | Put(0x1FF, 32) | Put(0xF, 44),
        _ => 0,
    };
}
