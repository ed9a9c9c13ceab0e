using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasUnmapTests
{
    private const ulong Page = 4096;

    [Fact]
    public async Task IOAS_UNMAP_answers_the_bytes_of_the_areas_inside()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        var memory = iommu.Allocate(8);
        for (var i = 0UL; i < 4; i++) await iommu.Map(ioas, memory + i * 2 * Page, 2, MockHarness.Aperture + i * 16 * Page);
        Assert.Equal(4 * Page, await iommu.Value(new IoasUnmap(ioas, MockHarness.Aperture - Page, 20 * Page)));
        await iommu.Expect(Errno.EINVAL, new MockCheckMap(hwpt, MockHarness.Aperture, Page, memory));
        Assert.Equal(4, iommu.Memory.PinnedTotal);
    }

    [Fact]
    public async Task IOAS_UNMAP_of_everything_succeeds_also_when_that_is_nothing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        Assert.Equal(0UL, await iommu.Value(new IoasUnmap(ioas, 0, ulong.MaxValue)));
        await iommu.Map(ioas, iommu.Allocate(), iova: 0);
        await iommu.Map(ioas, iommu.Allocate(), iova: ulong.MaxValue - Page + 1);
        Assert.Equal(2 * Page, await iommu.Value(new IoasUnmap(ioas, 0, ulong.MaxValue)));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_ENOENT_when_the_range_cuts_an_area_and_keeps_those_before_it_unmapped()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Map(ioas, iommu.Allocate(), iova: Page);
        await iommu.Map(ioas, iommu.Allocate(2), 2, 2 * Page);
        Assert.Equal(new Answer(Errno.ENOENT), await iommu.Call(new IoasUnmap(ioas, Page, 2 * Page)));
        await iommu.Expect(Errno.ENOENT, new IoasUnmap(ioas, 3 * Page, Page));
        await iommu.Map(ioas, iommu.Allocate(), iova: Page);
        Assert.Equal(3 * Page, await iommu.Value(new IoasUnmap(ioas, 0, ulong.MaxValue)));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_ENOENT_when_nothing_is_there()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new IoasUnmap(await iommu.Ioas(), Page, Page));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_EINVAL_when_the_length_is_0()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new IoasUnmap(await iommu.Ioas(), Page, 0));
    }

    [Theory]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(1, ulong.MaxValue)]
    [InlineData(ulong.MaxValue - Page, 2 * Page)]
    public async Task IOAS_UNMAP_answers_EOVERFLOW_when_it_ends_beyond_2_64(ulong iova, ulong length)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOVERFLOW, new IoasUnmap(await iommu.Ioas(), iova, length));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_ENOENT_when_there_is_no_such_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new IoasUnmap(new ObjectId(9), 0, 0));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_EBUSY_when_an_area_is_being_torn_down_and_other_calls_go_on_meanwhile()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x2000));
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0x1000, 0x1000));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0x1000, 0x1000));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.EEXIST, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x8000));
        await iommu.Expect(Errno.ENOENT, Copy(0x1000));
        await iommu.Expect(Errno.None, Copy(0x2000));
        Assert.False(unmap.IsCompleted);
        Assert.Equal(3, iommu.Memory.Pins);
        iommu.First.Queue.Held = false;
        Assert.Equal(new Answer(Errno.None, 0x1000), await unmap);
        Assert.Equal(2, iommu.Memory.Pins);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));

        IoasCopy Copy(ulong iova) => new(other, ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, 0x1000, iova, iova);
    }

    [Fact]
    public async Task A_domain_waits_until_no_area_is_being_torn_down_and_maps_that_come_later_wait_behind_it()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (ioas, device) = (await iommu.Ioas(), await iommu.Bind());
        await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0x1000, 0x1000));
        var hwpt = iommu.Call(new HwptAlloc(device, ioas));
        var map = iommu.Call(SimulatorHarness.Fixed(ioas, 0x8000));
        await iommu.Expect(Errno.None, new IoasAllowIovas(ioas, []));
        Assert.False(unmap.IsCompleted || hwpt.IsCompleted || map.IsCompleted);
        iommu.First.Queue.Held = false;
        Assert.Equal((Errno.None, Errno.None, Errno.None), ((await unmap).Errno, (await hwpt).Errno, (await map).Errno));
    }

    [Fact]
    public async Task Equal_calls_of_one_sender_that_wait_are_both_answered()
    {
        // A persistent actor that unstashes all drops one of them.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (ioas, device) = (await iommu.Ioas(), await iommu.Bind());
        await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0x1000, 0x1000));
        var hwpt = iommu.Call(new HwptAlloc(device, ioas));
        var sender = new AccessOwner(iommu.System, iommu.Context);
        var equal = new[] { sender.Call(new IoasUnmap(ioas, 0x8000, 0x1000)), sender.Call(new IoasUnmap(ioas, 0x8000, 0x1000)) };
        iommu.First.Queue.Held = false;
        Assert.Equal((Errno.None, Errno.None), ((await unmap).Errno, (await hwpt).Errno));
        foreach (var call in equal) Assert.Equal(Errno.ENOENT, (await call).Errno);
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_EBUSY_when_a_hardware_queue_is_in_the_area()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (ioas, device) = (await iommu.Ioas(), await iommu.Bind());
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
        await iommu.Map(ioas, iommu.Memory.Allocate(2 * Page, contiguous: true).Value, 2);
        var queue = await iommu.Id(new HwQueueAlloc(viommu, HwQueueType.Selftest, 0, MockHarness.Aperture, Page));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, MockHarness.Aperture, Page));
        await iommu.Expect(Errno.None, new Destroy(queue));
        Assert.Equal(2 * Page, await iommu.Value(new IoasUnmap(ioas, 0, ulong.MaxValue)));
    }

    [Fact]
    public async Task IOAS_UNMAP_answers_EDEADLK_when_an_access_does_not_let_go_and_lets_it_in_no_more()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Map(ioas, iommu.Allocate(2), 2);
        var access = await iommu.Id(new AccessCreate(PinsPages: true));
        await iommu.Expect(Errno.None, new AccessAttach(access, ioas));
        await iommu.Expect(Errno.None, new AccessPin(access, MockHarness.Aperture, Page, Write: false));
        Assert.Equal(new Answer(Errno.EDEADLK), await iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue)));
        await iommu.Expect(Errno.EINVAL, new AccessPin(access, MockHarness.Aperture + Page, Page, Write: false));
        await iommu.Expect(Errno.EINVAL, new AccessRead(access, MockHarness.Aperture, 1));
        await iommu.Expect(Errno.None, new AccessUnpin(access, MockHarness.Aperture, Page));
        Assert.Equal(2 * Page, await iommu.Value(new IoasUnmap(ioas, 0, ulong.MaxValue)));
    }
}
