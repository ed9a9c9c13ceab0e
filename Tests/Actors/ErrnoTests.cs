using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>Misuse of each call, by the rows of the kernel's behaviour.</summary>
public class ErrnoTests
{
    private static readonly ObjectId Missing = new(99);

    [Fact]
    public async Task IOAS_MAP_refuses_what_the_kernel_refuses()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var map = SimulatorHarness.Fixed(ioas, 0x10000);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.EEXIST, map);
        await iommu.Expect(Errno.ENOENT, map with { Ioas = Missing });
        await iommu.Expect(Errno.EOPNOTSUPP, map with { Flags = (IoasMapFlags)0x80 });
        await iommu.Expect(Errno.EINVAL, map with { Flags = IoasMapFlags.FixedIova });
        await iommu.Expect(Errno.EINVAL, map with { LengthBytes = 0, Iova = 0x20000 });
        await iommu.Expect(Errno.EOVERFLOW, map with { Iova = ulong.MaxValue - 4095 + 1 - 4096, LengthBytes = 8192 });
        await iommu.Expect(Errno.EOVERFLOW, map with { UserAddress = ulong.MaxValue - 100 });
        await iommu.Expect(Errno.EOVERFLOW, map with { UserAddress = ulong.MaxValue - 4095, LengthBytes = 4096, Iova = 0x20000 });
        await iommu.Expect(Errno.EINVAL, map with { UserAddress = 0, LengthBytes = ulong.MaxValue - 4094, Iova = 0 });
        // What the call itself says comes before the lookup, and a length beyond any before the rights.
        await iommu.Expect(Errno.EOPNOTSUPP, map with { Ioas = Missing, Flags = (IoasMapFlags)0x80 });
        await iommu.Expect(Errno.EOVERFLOW, map with { Ioas = Missing, LengthBytes = ulong.MaxValue, Flags = IoasMapFlags.FixedIova });
        await iommu.Expect(Errno.EOVERFLOW, map with { Iova = ulong.MaxValue, Flags = IoasMapFlags.Readable });
        await iommu.Expect(Errno.EINVAL, map with { Ioas = Missing, Flags = IoasMapFlags.FixedIova });

        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EINVAL, map with { Iova = 0x20010 });
        await iommu.Expect(Errno.EEXIST, map with { UserAddress = (1 << 20) + 16 });
        await iommu.Expect(Errno.EINVAL, map with { UserAddress = (1 << 20) + 16, Iova = 0x20000 });
        await iommu.Expect(Errno.EINVAL, map with { Iova = ulong.MaxValue - 16, LengthBytes = 4096 });
        await iommu.Expect(Errno.EINVAL, map with { Iova = 1UL << 48 });
        await iommu.Expect(Errno.EFAULT, map with { Iova = 0x20000, UserAddress = 1UL << 40 });
    }

    [Fact]
    public async Task IOAS_MAP_of_more_than_any_process_has_fails_and_harms_nobody()
    {
        // An array for every page of it took the whole context down.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EFAULT, SimulatorHarness.Fixed(ioas, 0, pages: 1UL << 35));
        await iommu.Expect(Errno.EFAULT, SimulatorHarness.Fixed(ioas, 0, pages: 1UL << 30));
        Assert.Equal(0, iommu.Memory.Pins);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0));
    }

    [Fact]
    public async Task IOAS_UNMAP_takes_whole_areas_and_keeps_those_before_the_one_that_it_would_cut()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.ENOENT, new IoasUnmap(ioas, 0x1000, 0x1000));
        Assert.Equal(new Answer(Errno.None, 0), await iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue)));
        await iommu.Expect(Errno.EINVAL, new IoasUnmap(ioas, 0x1000, 0));
        await iommu.Expect(Errno.EOVERFLOW, new IoasUnmap(ioas, ulong.MaxValue - 10, 4096));
        await iommu.Expect(Errno.EOVERFLOW, new IoasUnmap(ioas, 1, ulong.MaxValue));
        await iommu.Expect(Errno.EOVERFLOW, new IoasUnmap(ioas, ulong.MaxValue, 0));

        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x2000, pages: 2));
        Assert.Equal(new Answer(Errno.ENOENT), await iommu.Call(new IoasUnmap(ioas, 0x1000, 0x2000)));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        Assert.Equal(new Answer(Errno.None, 0x3000), await iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue)));
    }

    [Fact]
    public async Task An_automatic_iova_is_never_0_and_keeps_the_page_offset_of_the_memory()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var map = new IoasMap(ioas, IoasMapFlags.Readable, (1 << 20) + 0x123, 0x2000);
        var first = await iommu.Call(map);
        var second = await iommu.Call(map);
        Assert.Equal((Errno.None, 0x1123UL), (first.Errno, first.Value));
        Assert.Equal((Errno.None, 0x3123UL), (second.Errno, second.Value));
    }

    [Fact]
    public async Task Attaching_refuses_what_the_kernel_refuses_and_replaces_what_was_attached()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Id(new HwptAlloc(device, ioas));
        var next = await iommu.Id(new HwptAlloc(device, ioas));
        var foreign = await iommu.Id(new HwptAlloc(await iommu.Bind("second-dev0"), ioas));
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(Missing, hwpt));
        await iommu.Expect(Errno.ENOENT, new DeviceAttach(device, Missing));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, device));
        await iommu.Expect(Errno.EINVAL, new DeviceAttach(device, foreign));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        await iommu.Expect(Errno.EBUSY, new Destroy(hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(device, next));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        await iommu.Expect(Errno.EBUSY, new Destroy(next));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.None, new Destroy(next));
    }

    [Fact]
    public async Task Devices_attached_to_an_ioas_share_one_domain_which_goes_with_the_last_of_them()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var devices = new[] { await iommu.Bind(), await iommu.Bind("first-dev1") };
        // Both at once: one domain, not two (B14).
        await Task.WhenAll(devices.Select(device => iommu.Expect(Errno.None, new DeviceAttach(device, ioas))));
        Assert.Equal(1, iommu.First.Live);
        await iommu.Expect(Errno.None, new DeviceDetach(devices[0]));
        Assert.Equal(1, iommu.First.Live);
        await iommu.Expect(Errno.EBUSY, new Destroy(ioas));
        await iommu.Expect(Errno.None, new DeviceUnbind(devices[1]));
        await iommu.Expect(Errno.None, new DeviceUnbind(devices[0]));
        var closed = await iommu.Context.CloseAsync();
        Assert.Equal(0UL, closed.Value);
        Assert.Equal(0, iommu.First.Live);
    }

    [Fact]
    public async Task GET_HW_INFO_answers_for_a_device_and_ENOENT_for_anything_else()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var (_, info) = await iommu.Context.CallAsync<HwInfoAnswer>(new GetHwInfo(device));
        Assert.Equal((Errno.None, HwInfoType.ArmSmmuv3, 4), (info!.Errno, info.Type, info.Data.Length));
        await iommu.Expect(Errno.ENOENT, new GetHwInfo(Missing));
    }
}
