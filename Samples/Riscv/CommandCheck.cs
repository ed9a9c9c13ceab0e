using static Iommu.Hardware.Bits;

namespace RiscvIommu;

/// <summary>Which commands this IOMMU takes: those it has, without a reserved bit, without an operand that they have not.</summary>
internal static class CommandCheck
{
    // AV, PSCID, PSCV, GV, NL, GSCID.
    private static readonly ulong Vma = 0x3FF | Put(1, 10) | Put(Mask(20), 12) | Put(7, 32) | Put(0xFFFF, 44);
    private static readonly ulong Gvma = 0x3FF | Put(1, 10) | Put(6, 32) | Put(0xFFFF, 44);
    private static readonly ulong Address = Put(Mask(52), 10) | Put(1, 9);

    // AV, WSI, PR, PW, DATA. This IOMMU signals by memory, not by wire.
    private static readonly ulong Fence = 0x3FF | Put(1, 10) | Put(3, 12) | Put(Mask(32), 32);

    private static readonly ulong Directory = 0x3FF | Put(1, 33) | Put(Mask(24), 40);

    public static bool IsLegal(Command command)
    {
        var (allowed0, allowed1) = command.Opcode switch
        {
            Opcode.IotinvalVma => (Vma, Address),
            Opcode.IotinvalGvma => (Gvma, Address),
            Opcode.Iofence => (Fence, Mask(62)),
            Opcode.IodirInvalDdt => (Directory, 0UL),
            _ => (0UL, 0UL),
        };
        return allowed0 != 0 && (command.Word0 & ~allowed0) == 0 && (command.Word1 & ~allowed1) == 0;
    }
}
