using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.Tests.TestKit.UnderTest;

/// <summary>The probe on a driver.</summary>
public class DriverProbeTests
{
    private static readonly MachineOptions Impatient = new() { Patience = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public Task Each_call_comes_by_with_what_it_came_to() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var guest = await machine.StartGuestAsync();
        await guest.InvalidateAsync(0);
        var methods = machine.Driver.Seen.Select(call => call.Method).Distinct();
        Assert.Equal(
            [
                nameof(IIommuDriver.AllocPaging), nameof(IPagingDomain.Map), nameof(IIommuDriver.AllocViommu),
                nameof(IViommuDriver.AddVdevice), nameof(IViommuDriver.AllocNested), nameof(IIommuDriver.Attach),
                nameof(IViommuDriver.Invalidate),
            ],
            methods);
        var attach = await machine.Driver.ExpectCallAsync(nameof(IIommuDriver.Attach), guest.Physical);
        Assert.EndsWith("Attach(0000:00:01.0, blocked -> nested domain) ok", attach.ToString());
        await machine.DoneAsync(new DeviceUnbind(guest.Device));
        await machine.Driver.ExpectCallAsync(nameof(IViommuDriver.RemoveVdevice));
    }, Impatient);

    [Fact]
    public Task What_was_not_called_is_missed() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        await machine.IdAsync(new HwptAlloc(
            await machine.IdAsync(new DeviceBind(machine.Devices[0].Name)), await machine.IdAsync(new IoasAlloc())));
        var missing = await Assert.ThrowsAsync<ExpectationException>(
            () => machine.Driver.ExpectCallAsync(nameof(IIommuDriver.Attach), machine.Devices[0]));
        Assert.StartsWith("expected Attach of 0000:00:01.0 to be called, but the calls were", missing.Message);
        Assert.EndsWith("AllocPaging(0000:00:01.0, None) ok", missing.Message);
        Assert.Equal(["the paging domain allocated for 0000:00:01.0"], machine.Driver.Live);
    }, Impatient);

    [Fact]
    public Task A_call_of_the_driver_fails_and_all_is_as_it_was() => MachineUnderTest.RunAsync(StressHardware.Smmuv3, async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var ioas = await machine.IdAsync(new IoasAlloc());
        for (var n = 1; n <= 2; n++)
        {
            machine.Driver.FailNth(n);
            await machine.ExpectErrnoAsync(Errno.ENOMEM, new DeviceAttach(device, ioas));
        }
        await machine.DoneAsync(new DeviceAttach(device, ioas));
    });

    [Theory]
    [InlineData(HwptAllocFlags.None)]
    [InlineData(HwptAllocFlags.DirtyTracking)]
    public Task A_domain_behind_it_is_what_it_was(HwptAllocFlags flags) => MachineUnderTest.RunAsync(StressHardware.Amd, async machine =>
    {
        var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
        var hwpt = await machine.IdAsync(new HwptAlloc(device, await machine.IdAsync(new IoasAlloc()), flags));
        Assert.Equal(flags != HwptAllocFlags.None, machine.HardwareOf<IPagingDomain>(hwpt).Dirty is not null);
        var other = Assert.Throws<ExpectationException>(() => machine.HardwareOf<INestedDomain>(hwpt));
        Assert.Equal($"behind object {hwpt} is a AmdPagingDomain, and no INestedDomain", other.Message);
        Assert.Throws<ExpectationException>(() => machine.HardwareOf<IDomain>(new(99)));
    });
}
