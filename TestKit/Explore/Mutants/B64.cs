using Iommu.Hardware.Memory;
using Iommu.Hardware.Tegra241;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>"Reset VCMDQ in hw_init_user" taken back: what an owner has left in the registers of a queue the next one finds.</summary>
internal sealed class B64 : Mutant
{
    public override string Name => "B64";

    public override string Summary => "a VCMDQ is not reset for its next owner";

    public override string Scenario => "queue-reuse";

    public override Decoration Decoration => Decoration.None with { Registers = registers => new Unreset(registers) };

    private sealed class Unreset(IMmio inner) : IMmio
    {
        public uint Read(ulong offset) => inner.Read(offset);

        // The guest's own stores do not come by here.
        public void Write(ulong offset, uint value)
        {
            var register = offset % RegisterMap.VcmdqBytes;
            var isReset = offset >= RegisterMap.VintfPages && value == 0 && register is RegisterMap.Producer or RegisterMap.Consumer
                && (offset - RegisterMap.VintfPages) % (2 * RegisterMap.PageBytes) < RegisterMap.PageBytes;
            if (!isReset) inner.Write(offset, value);
        }
    }
}
