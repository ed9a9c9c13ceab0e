using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;

namespace Iommu.Tests.Ioctls;

public class DeviceBindTests
{
    [Fact]
    public async Task BIND_answers_an_id_and_every_device_of_the_group_is_the_contexts()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        Assert.Equal(new Answer(Errno.None, 1), await iommu.Call(new DeviceBind("one")));
        Assert.Equal(new Answer(Errno.None, 2), await iommu.Call(new DeviceBind("other")));
    }

    [Fact]
    public async Task BIND_answers_ENODEV_for_a_device_that_the_machine_has_not()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        await iommu.Expect(Errno.ENODEV, new DeviceBind("no such device"));
    }

    [Fact]
    public async Task BIND_answers_EINVAL_without_cache_coherency()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { CacheCoherent = false, IsolatedMsi = false };
        await iommu.Expect(Errno.EINVAL, new DeviceBind("one"));
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities();
        await iommu.Expect(Errno.None, new DeviceBind("one"));
    }

    [Fact]
    public async Task BIND_answers_EPERM_when_the_interrupts_of_any_device_of_the_group_are_not_isolated()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = device => new DeviceCapabilities { IsolatedMsi = device.Name != "sibling" };
        await iommu.Expect(Errno.EPERM, new DeviceBind("one"));
        await iommu.Expect(Errno.None, new DeviceBind("first-dev0"));
    }

    [Fact]
    public async Task BIND_takes_a_device_whose_interrupts_are_not_isolated_where_that_is_allowed()
    {
        await using var iommu = await DeviceHarness.OpenAsync("iommu.allow-unsafe-interrupts = on");
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { IsolatedMsi = false };
        await iommu.Expect(Errno.None, new DeviceBind("one"));
    }

    [Fact]
    public async Task BIND_answers_EBUSY_for_a_device_that_is_bound()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind("one");
        await iommu.Expect(Errno.EBUSY, new DeviceBind("one"));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.None, new DeviceBind("one"));
    }

    [Fact]
    public async Task BIND_answers_EBUSY_while_another_context_has_a_device_of_the_group()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var first = iommu.Context;
        var (one, other, _) = await iommu.BindGroupAsync();
        await iommu.OpenAsync("another");
        await iommu.Expect(Errno.EBUSY, new DeviceBind("sibling"));
        await first.CallAsync(new DeviceUnbind(one));
        await iommu.Expect(Errno.EBUSY, new DeviceBind("one"));
        await first.CallAsync(new DeviceUnbind(other));
        await iommu.Expect(Errno.None, new DeviceBind("sibling"));
        Assert.Equal(Errno.EBUSY, (await first.CallAsync(new DeviceBind("one"))).Errno);
    }

    [Fact]
    public async Task BIND_asks_nothing_of_a_device_that_no_IOMMU_is_in_front_of()
    {
        await using var iommu = await DeviceHarness.OpenAsync(more: [new PhysicalDevice("bare", 0, new NoIommuDriver())]);
        await iommu.Expect(Errno.None, new DeviceBind("bare"));
        await iommu.Expect(Errno.EBUSY, new DeviceBind("bare"));
    }
}
