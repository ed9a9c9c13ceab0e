using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>The checker of I8 watches what a guest puts into its own queue and what CONS tells it.</summary>
public class DirectStaleTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void I8_is_broken_by_a_VINTF_whose_commands_get_another_VMID_and_by_no_other(bool isWrong)
    {
        var rig = new CmdqvRig(decorate: inner => isWrong ? new WrongVmid(inner) : inner);
        var smmu = rig.Machine.Smmus[0];
        var checker = new StaleTranslation(smmu);
        var guest = new TranslatingGuest(rig, 0);
        var port = smmu.OpenPort(rig.Machine.Devices[2].StreamId, witness: checker.CreateWitness("port"));
        guest.Map(page: 0x100);
        Assert.True(port.Translate(0, Access.Read).Succeeded);
        guest.Map(page: 0x101);
        var watched = checker.Watch(guest.Ring, command => [command.Opcode == Opcode.Sync ? command
            : command with { Word0 = (command.Word0 & ~0xFFFF_0000_0000UL) | ((ulong)guest.Viommu.Vmid << 32) }]);
        var tlbi = Command.NhVa(0, 5, 0, leaf: true);
        watched.Produce([tlbi.Word0, tlbi.Word1, VcmdqRing.Sync.Word0, 0]);
        CmdqvRig.Drain(guest.Queue);
        CmdqvRig.Drain(watched);
        Assert.Equal(1, checker.InvalidationsWatched);
        port.Translate(0, Access.Read);
        Assert.Equal(isWrong, checker.Breaches.Count > 0);
    }

    /// <summary>A driver that gives a guest's VINTF the VMID after its own.</summary>
    private sealed class WrongVmid(IMmio inner) : IMmio
    {
        public uint Read(ulong offset) => inner.Read(offset);

        public void Write(ulong offset, uint value) => inner.Write(offset,
            offset == RegisterMap.VintfRegisters + RegisterMap.VintfBytes && value != 0
                ? value + (1u << RegisterMap.VmidShift) : value);
    }
}
