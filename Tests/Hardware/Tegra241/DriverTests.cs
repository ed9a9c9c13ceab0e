using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>The driver of a CMDQV in a plain loop; the errnos of its calls are in Tests/Ioctls.</summary>
public class DriverTests
{
    private readonly CmdqvRig _rig = new();

    [Fact]
    public void Hardware_information_is_that_of_the_CMDQV_for_its_type_and_of_the_SMMU_for_the_default()
    {
        var device = _rig.Machine.Devices[0];
        var info = _rig.Driver.HwInfo(device, HwInfoType.Tegra241Cmdqv).Value!;
        Assert.Equal((HwInfoType.Tegra241Cmdqv, "0000000001020200"), (info.Type, Convert.ToHexString(info.Data.Span)));
        Assert.Equal(HwInfoType.ArmSmmuv3, _rig.Driver.HwInfo(device, HwInfoType.None).Value!.Type);
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Driver.HwInfo(device, HwInfoType.Amd).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, Smmuv3Machine.Create().Drivers[0].HwInfo(device, HwInfoType.Tegra241Cmdqv).Errno);
    }

    [Fact]
    public void A_guests_VINTF_has_its_VMID_and_is_not_the_hypervisors()
    {
        var viommu = _rig.Viommu();
        var config = _rig.Cmdqv.Read(RegisterMap.VintfRegisters + (ulong)viommu.Vintf * RegisterMap.VintfBytes);
        Assert.Equal(((uint)viommu.Vmid << 1) | 1, config);
        Assert.Equal(1, viommu.Vintf);
        Assert.Equal(RegisterMap.HypervisorOwned | 1, _rig.Cmdqv.Read(RegisterMap.VintfRegisters));
        Assert.Equal(0x0520_0000UL + RegisterMap.LogicalPage0(1), _rig.Page0(viommu));
        Assert.Equal(0x1_0000UL, BitConverter.ToUInt64(viommu.UserDataBack.Span[8..]));
    }

    [Fact]
    public void Two_guests_with_the_same_addresses_and_ASIDs_invalidate_each_its_own()
    {
        var guests = new[] { new TranslatingGuest(_rig, 0), new TranslatingGuest(_rig, 1) };
        foreach (var guest in guests) guest.Map(page: 0x100);
        foreach (var guest in guests) Assert.True(guest.Reaches(0x100));
        guests[0].Map(page: 0x101);
        guests[1].Map(page: 0x102);
        Assert.All(guests, guest => Assert.True(guest.Reaches(0x100)));

        guests[0].Direct(Command.NhVa(0, 5, 0, leaf: true));
        Assert.True(guests[0].Reaches(0x101));
        Assert.True(guests[1].Reaches(0x100));
        guests[1].Direct(Command.NhAsid(0x1234, 5));
        Assert.True(guests[1].Reaches(0x102));
        // VMIDs that a guest writes into its commands are not looked at: not even one that is another's.
        guests[0].Map(page: 0x103);
        guests[1].Direct(Command.NhVa(guests[0].Viommu.Vmid, 5, 0, leaf: true));
        Assert.True(guests[0].Reaches(0x101));
    }

    [Fact]
    public void An_ATC_is_invalidated_by_the_guests_own_name_of_its_device()
    {
        var guest = new TranslatingGuest(_rig, 0, ats: true);
        guest.Map(page: 0x100);
        Assert.True(guest.Reaches(0x100));
        guest.Map(page: 0x101);
        guest.Direct(Command.NhAsid(0, 5));
        Assert.True(guest.Reaches(0x100));
        guest.Direct(Command.AtcInv(TranslatingGuest.VirtualSid, 0, 0));
        Assert.True(guest.Reaches(0x101));
    }

    [Fact]
    public void What_a_queue_may_not_carry_is_trapped_and_goes_by_the_SMMUs_own()
    {
        var guest = new TranslatingGuest(_rig, 0);
        guest.Map(page: 0x100);
        Assert.True(guest.Reaches(0x100));
        guest.Map(page: 0x101);
        foreach (var command in new[] { Command.NhAll(0), Command.CfgiCd(TranslatingGuest.VirtualSid) })
        {
            var prepared = guest.Viommu.Invalidate(InvalidateDataType.ArmSmmuv3, VcmdqTests.Bytes(command), 16, 1);
            Assert.Equal((Errno.None, 1), (prepared.Errno, prepared.Handled));
            Assert.Same(_rig.Machine.Drivers[0].Queue, prepared.Batch!.Queue);
            Plan.Run(prepared.Batch);
        }
        Assert.True(guest.Reaches(0x101));
    }

    [Fact]
    public void A_queue_that_is_destroyed_is_switched_off_and_taken_away_before_the_SMMU_is_synchronized()
    {
        var (viommu, guest, queue, driver) = _rig.Enabled();
        var seen = new List<(bool, Vintf?)>();
        _rig.BeforeBatches.Enqueue(() => seen.Add((queue.IsEnabled, queue.Owner)));
        var syncs = _rig.Machine.Smmus[0].CommandQueue.ConsumedTotal;
        _rig.Run(driver.Free());
        Assert.Equal([(false, (Vintf?)null)], seen);
        Assert.Equal(syncs + 1, _rig.Machine.Smmus[0].CommandQueue.ConsumedTotal);
        Assert.False(_rig.Init(viommu, 0, _rig.Ring()).Failed);
        Assert.Equal(0u, guest.Consumer);
    }

    [Fact]
    public void Logical_queues_are_allocated_upwards_and_given_up_downwards_by_the_hardware_too()
    {
        var viommu = _rig.Viommu();
        var first = viommu.Vintf * CmdqvRig.Small.LogicalPerVintf;
        Assert.Equal(0u, Alloc(first + 1, 1) & 1);
        Assert.Equal(1u, Alloc(first, 1) & 1);
        Assert.Equal(1u, Alloc(first + 1, 1) & 1);
        Assert.Equal(1u, Alloc(first, 0) & 1);
        Assert.Equal(0u, Alloc(first + 1, 0) & 1);
        Assert.Equal(0u, Alloc(first, 0) & 1);

        uint Alloc(int queue, uint allocated)
        {
            var register = RegisterMap.VcmdqAlloc + 4 * (ulong)queue;
            _rig.Cmdqv.Write(register, (_rig.Cmdqv.Read(register) & ~1u) | allocated);
            return _rig.Cmdqv.Read(register);
        }
    }

    [Fact]
    public void Registers_are_reached_by_loads_and_stores_of_the_physical_address_space()
    {
        var memory = _rig.Machine.Memory;
        const ulong first = 0x0520_0000;
        Assert.Equal(CmdqvRig.Small.Register, memory.Read32(first + 4));
        Assert.Equal(((ulong)CmdqvRig.Small.Register << 32) | 1, memory.Read64(first));
        memory.Write64(first + RegisterMap.VcmdqPage1, 0x1_2345_0004);
        Assert.Equal(0x1_2345_0004UL, memory.Read64(first + RegisterMap.VcmdqPage1));
        memory.Write32(first - 8, 7);
        Assert.Equal(7u, memory.Read32(first - 8));
    }
}
