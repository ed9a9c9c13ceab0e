using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Messages;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;
using Iommu.TestKit.UnderTest.Probes;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>The probe on a command queue, in the words of each architecture.</summary>
public class QueueProbeTests
{
    private const ulong Iova = 0x10_0000_0000;

    private static readonly MachineOptions Impatient = new() { Patience = TimeSpan.FromMilliseconds(1), DevicesWithAts = 1 };

    [Fact]
    public Task The_host_s_TLBI_of_an_SMMUv3() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var (device, hwpt) = await UnmapAsync(machine);
        var asid = machine.HardwareOf<Smmuv3PagingDomain>(hwpt).Tag;
        var consumed = await machine.Queue.ExpectTlbiAsync(vmid: 0, asid, Iova);
        Assert.StartsWith("TLBI_NH_", consumed.Text);
        Assert.Equal("smmu0.cmdq", consumed.Queue);
        await machine.Queue.ExpectAtcInvAsync(device.StreamId, Iova);
        machine.Queue.ExpectNoTlbi(vmid: 5);
        machine.Queue.ExpectNoTlbi(vmid: 6);

        var other = await Missing(() => machine.Queue.ExpectTlbiAsync(vmid: 9, asid, Iova));
        Assert.StartsWith($"expected a TLBI for vmid=9 asid={asid} at 0x1000000000, but the commands were", other);
        Assert.Contains("smmu0.cmdq TLBI_NH_", other);
        Assert.Contains("an ATC_INV for sid=0x77", await Missing(() => machine.Queue.ExpectAtcInvAsync(0x77)));
        Assert.Contains("no TLBI for vmid=0", Assert.Throws<ExpectationException>(() => machine.Queue.ExpectNoTlbi(vmid: 0)).Message);
        Assert.Contains("a CFGI_STE for sid=0x8", await Missing(() => machine.Queue.ExpectCfgiSteAsync(device.StreamId)));
        await machine.DoneAsync(new DeviceDetach(new(1)));
        await machine.Queue.ExpectCfgiSteAsync(device.StreamId);
    }, Impatient);

    [Fact]
    public Task A_guest_s_TLBI_of_an_SMMUv3() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        var vmid = machine.HardwareOf<Smmuv3Viommu>(guest.Viommu).Vmid;
        machine.Queue.Clear();
        guest.Unmap(0);
        await guest.InvalidateAsync(0);
        await machine.Queue.ExpectTlbiAsync(vmid, guest.Space.Asid, GuestUnderTest.IovaOf(0));
        Assert.Contains("a stage 2 TLBI", await Missing(() => machine.Queue.ExpectStage2TlbiAsync(vmid)));
        guest.Remap(0);
        await machine.DoneAsync(new IoasUnmap(guest.Ioas, 0, ulong.MaxValue));
        await machine.Queue.ExpectStage2TlbiAsync(vmid, guest.Space.Root);
    }, Impatient);

    [Fact]
    public Task An_IOTLB_invalidation_of_VT_d() => MachineUnderTest.RunAsync(StressHardware.Vtd, async machine =>
    {
        var (device, hwpt) = await UnmapAsync(machine);
        var domain = machine.HardwareOf<VtdPagingDomain>(hwpt).DomainId;
        await machine.Queue.ExpectIotlbAsync(domain, Iova);
        await machine.Queue.ExpectDeviceTlbAsync(device.StreamId, Iova);
        Assert.Contains($"an IOTLB invalidation for domain {domain + 1} at 0x1000000000, but the commands were",
            await Missing(() => machine.Queue.ExpectIotlbAsync(domain + 1, Iova)));
        Assert.Contains("a device TLB invalidation for source 0x77", await Missing(() => machine.Queue.ExpectDeviceTlbAsync(0x77, Iova)));
    }, Impatient);

    [Fact]
    public Task An_invalidation_of_AMD_s() => MachineUnderTest.RunAsync(StressHardware.Amd, async machine =>
    {
        var (device, hwpt) = await UnmapAsync(machine);
        var domain = machine.HardwareOf<AmdPagingDomain>(hwpt).DomainId;
        await machine.Queue.ExpectInvalidatePagesAsync(domain, Iova);
        await machine.Queue.ExpectInvalidateIotlbAsync(device.StreamId, Iova);
        Assert.Contains($"an INVALIDATE_IOMMU_PAGES for domain {domain + 1} at 0x1000000000, but the commands were",
            await Missing(() => machine.Queue.ExpectInvalidatePagesAsync(domain + 1, Iova)));
        Assert.Contains("an INVALIDATE_IOTLB_PAGES for device 0x77",
            await Missing(() => machine.Queue.ExpectInvalidateIotlbAsync(0x77, Iova)));
    }, Impatient);

    [Fact]
    public async Task Commands_come_by_in_order_with_the_time_and_what_is_lost_does_not()
    {
        await using var machine = await MachineUnderTest.StartAsync(
            StressHardware.Smmuv3, Impatient with { Fault = new PlantedFault(FaultKind.DropInvalidation, 1, Every: 1) });
        await UnmapAsync(machine);
        var seen = machine.Queue.Seen;
        Assert.Equal(seen.OrderBy(command => command.At), seen);
        Assert.Contains(seen, command => command.Text == "CMD_SYNC");
        Assert.Contains("a TLBI for vmid=0", await Missing(() => machine.Queue.ExpectTlbiAsync(0, 1, Iova)));
    }

    [Fact]
    public async Task Of_nothing_it_says_that_there_was_nothing()
    {
        await using var machine = await MachineUnderTest.StartAsync(StressHardware.Smmuv3, Impatient);
        machine.Queue.Clear();
        var none = await Missing(() => machine.Queue.ExpectAsync("a miracle", _ => true));
        Assert.Equal("expected a miracle, but there were no commands", none);
    }

    [Fact]
    public Task What_comes_later_is_waited_for() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        machine.Queue.Clear();
        var coming = machine.Queue.ExpectCfgiSteAsync(machine.Devices[0].StreamId);
        Assert.False(coming.IsCompleted);
        await UnmapAsync(machine, clear: false);
        await coming;
    });

    private static async Task<(PhysicalDevice Device, ObjectId Hwpt)> UnmapAsync(MachineUnderTest machine, bool clear = true)
    {
        var device = machine.Devices[0];
        var bound = await machine.IdAsync(new DeviceBind(device.Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        var hwpt = await machine.IdAsync(new HwptAlloc(bound, ioas));
        await machine.DoneAsync(new DeviceAttach(bound, hwpt));
        await machine.MapAsync(ioas, Iova, 0x1000);
        if (clear) machine.Queue.Clear();
        await machine.DoneAsync(new IoasUnmap(ioas, Iova, 0x1000));
        return (device, hwpt);
    }

    private static async Task<string> Missing(Func<Task> expectation) =>
        (await Assert.ThrowsAsync<ExpectationException>(expectation)).Message;
}
