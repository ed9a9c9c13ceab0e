using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processors;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>VMIDs: a VM's own, shared with its processors, where the SMMU hears those; else one for each vIOMMU.</summary>
public class KvmTests
{
    private const ulong Va = 0x4000;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { Registers = Registers.Complete, Smmus = 2, DevicesPerSmmu = 2 });

    [Fact]
    public void With_BTM_a_vIOMMU_has_the_VMID_of_its_VM_and_a_TLBI_of_a_vCPU_reaches_its_translations()
    {
        var vm = _machine.Kvm.Create("vm")!;
        var guest = new GuestStage1(_machine, _machine.Devices[0], vm);
        Assert.Equal(vm.Vmid, guest.Viommu.Vmid);
        CpuInvalidation[] forms =
        [
            new(CpuScope.Address, GuestStage1.Asid, Va), new(CpuScope.Address, GuestStage1.Asid, Va, LastLevelOnly: true),
            new(CpuScope.AddressOfAnyAsid, 0, Va), new(CpuScope.Asid, GuestStage1.Asid), new(CpuScope.All),
        ];
        foreach (var form in forms)
        {
            guest.Map(Va, 0x8000);
            Assert.True(guest.Port.Translate(Va, Access.Read).Succeeded);
            guest.Map(Va, null);
            vm.Invalidate(form with { Address = Va + 0x1000, Asid = 77, Scope = CpuScope.Address }).Wait();
            Assert.True(guest.Port.Translate(Va, Access.Read).Succeeded);
            vm.Invalidate(form).Wait();
            Assert.Equal((form, false), (form, guest.Port.Translate(Va, Access.Read).Succeeded));
        }
    }

    [Fact]
    public void The_DSB_after_it_waits_for_the_transactions_in_flight()
    {
        var vm = _machine.Kvm.Create("vm")!;
        var guest = new GuestStage1(_machine, _machine.Devices[0], vm);
        guest.Map(Va, 0x8000);
        guest.Port.Begin(Va, Access.Read);
        guest.Port.Step();
        var broadcast = vm.Invalidate(new CpuInvalidation(CpuScope.All));
        while (!guest.Port.Step()) Assert.False(broadcast.Step());
        Assert.True(broadcast.Step());
    }

    [Fact]
    public void Without_BTM_a_vIOMMU_has_a_VMID_of_its_own_and_hears_nothing()
    {
        var machine = Smmuv3Machine.Create();
        var vm = machine.Kvm.Create("vm")!;
        var guest = new GuestStage1(machine, machine.Devices[0], vm);
        guest.Map(Va, 0x8000);
        Assert.True(guest.Port.Translate(Va, Access.Read).Succeeded);
        guest.Map(Va, null);
        vm.Invalidate(new CpuInvalidation(CpuScope.All)).Wait();
        Assert.True(guest.Port.Translate(Va, Access.Read).Succeeded);
        Assert.NotEqual(guest.Viommu.Vmid, new GuestStage1(machine, machine.Devices[1], vm).Viommu.Vmid);
    }

    [Fact]
    public void A_second_vIOMMU_of_a_VM_on_one_SMMU_is_refused_and_one_on_another_SMMU_is_not()
    {
        var vm = _machine.Kvm.Create("vm")!;
        var first = new GuestStage1(_machine, _machine.Devices[0], vm);
        Assert.Equal(Errno.EBUSY, Alloc(_machine.Drivers[0], _machine.Devices[1], vm).Errno);
        Assert.Equal(vm.Vmid, ((Smmuv3Viommu)Alloc(_machine.Drivers[1], _machine.Devices[2], vm).Value!).Vmid);
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[0], first.Nested, null).Value!);
        Plan.Run(first.Viommu.Free());
        Assert.Equal(Errno.None, Alloc(_machine.Drivers[0], _machine.Devices[1], vm).Errno);
    }

    [Fact]
    public void A_VMID_is_nobody_elses_until_the_VM_is_closed_and_its_vIOMMUs_are_gone()
    {
        var vm = _machine.Kvm.Create("vm")!;
        var viommu = (Smmuv3Viommu)Alloc(_machine.Drivers[0], _machine.Devices[0], vm).Value!;
        var others = Enumerable.Range(0, 20).Select(i => _machine.Kvm.Create($"vm {i}")!.Vmid)
            .Append(((Smmuv3Viommu)Alloc(_machine.Drivers[0], _machine.Devices[1], null).Value!).Vmid).ToList();
        Assert.DoesNotContain(vm.Vmid, others);
        vm.Close();
        Assert.Equal(Errno.EBUSY, Alloc(_machine.Drivers[1], _machine.Devices[2], vm).Errno);
        Assert.NotEqual(vm.Vmid, _machine.Kvm.Create("later")!.Vmid);
        Plan.Run(viommu.Free());
        Assert.Equal(vm.Vmid, _machine.Kvm.Create("last")!.Vmid);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_guests_on_one_stage_2_with_the_same_ASID_do_not_meet_and_with_L3_put_back_they_do(bool mutant)
    {
        var machine = Smmuv3Machine.Create();
        var parent = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        var first = new GuestStage1(machine, machine.Devices[0], null, parent);
        var second = new GuestStage1(machine, machine.Devices[1], null, parent, first: 0x10_0000);
        if (mutant) SharedVmid.PutBack(machine, machine.Devices[1], first.Viommu.Vmid);
        first.Map(Va, 0x8000);
        second.Map(Va, 0x9000);
        var (a, b) = (first.Port.Translate(Va, Access.Read), second.Port.Translate(Va, Access.Read));
        Assert.Equal(parent.Lookup(0x8000), a.Address);
        Assert.Equal(mutant, b.Address != parent.Lookup(0x9000));
        Assert.Equal(mutant, a.Address == b.Address);
    }

    private static Result<IViommuDriver> Alloc(Smmuv3Driver driver, PhysicalDevice device, Kvm? vm)
    {
        var parent = driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
        return driver.AllocViommu(device, parent, new UserData(ViommuType.ArmSmmuv3), new ServicesOfVm(vm));
    }
}
