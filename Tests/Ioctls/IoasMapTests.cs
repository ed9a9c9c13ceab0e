using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasMapTests
{
    private const ulong Page = 4096;
    private const ulong Iova = MockHarness.Aperture;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable;

    [Fact]
    public async Task IOAS_MAP_maps_memory_where_it_is_told_to_in_every_domain()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var device = await iommu.Bind();
        var (before, after) = (await iommu.Hwpt(device, ioas), iommu.Allocate(3));
        Assert.Equal(Iova, await iommu.Value(new IoasMap(ioas, Fixed, after, 3 * Page, Iova)));
        var late = await iommu.Hwpt(device, ioas);
        foreach (var hwpt in new[] { before, late })
            await iommu.Expect(Errno.None, new MockCheckMap(hwpt, Iova, 3 * Page, after));
        await iommu.Expect(Errno.None, new MockCheckRefs(after, 3 * Page, 1));
    }

    [Fact]
    public async Task IOAS_MAP_chooses_an_iova_that_is_never_0_and_as_aligned_as_the_memory()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var memory = iommu.Allocate(10);
        for (var pages = 1UL; pages <= 10; pages++)
        {
            var iova = await iommu.Value(new IoasMap(ioas, IoasMapFlags.Readable, memory, pages * Page));
            Assert.NotEqual(0UL, iova);
            Assert.Equal(0UL, iova % (pages * Page & (0 - pages * Page)));
        }
    }

    [Fact]
    public async Task IOAS_MAP_answers_EOPNOTSUPP_for_an_unknown_flag()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasMap(await iommu.Ioas(), Fixed | (IoasMapFlags)8, 0, ulong.MaxValue));
    }

    [Fact]
    public async Task IOAS_MAP_answers_EINVAL_when_it_is_neither_readable_nor_writeable()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new IoasMap(new ObjectId(9), IoasMapFlags.FixedIova, 0, Page));
    }

    [Theory]
    [InlineData(0, Page, ulong.MaxValue)]
    [InlineData(0, ulong.MaxValue, 0)]
    [InlineData(0, 2 * Page, ulong.MaxValue - Page)]
    [InlineData(ulong.MaxValue - 100, Page, Page)]
    public async Task IOAS_MAP_answers_EOVERFLOW_when_something_ends_beyond_2_64(ulong user, ulong length, ulong iova)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOVERFLOW, new IoasMap(await iommu.Ioas(), Fixed, user, length, iova));
    }

    [Fact]
    public async Task IOAS_MAP_answers_EOVERFLOW_when_an_automatic_length_is_half_of_all()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOVERFLOW, new IoasMap(await iommu.Ioas(), IoasMapFlags.Readable, 0, ulong.MaxValue / 2));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue - Page + 1)]
    public async Task IOAS_MAP_answers_EINVAL_when_the_length_is_0_or_beyond_any(ulong length)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new IoasMap(await iommu.Ioas(), Fixed, 0, length, 0));
    }

    [Fact]
    public async Task IOAS_MAP_answers_EEXIST_when_fixed_and_occupied()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Map(ioas, iommu.Allocate(2), 2);
        var memory = iommu.Allocate(3);
        await iommu.Expect(Errno.EEXIST, new IoasMap(ioas, Fixed, memory, Page, Iova + Page));
        await iommu.Expect(Errno.EEXIST, new IoasMap(ioas, Fixed, memory, 3 * Page, Iova - Page));
        await iommu.Expect(Errno.None, new IoasMap(ioas, Fixed, memory, Page, Iova - Page));
    }

    [Fact]
    public async Task IOAS_MAP_answers_EINVAL_when_fixed_where_a_device_has_reserved()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EINVAL, new IoasMap(ioas, Fixed, iommu.Allocate(2), 2 * Page, Iova - Page));
        await iommu.Expect(Errno.EINVAL, new IoasMap(ioas, Fixed, iommu.Allocate(), Page, 1UL << 31));
    }

    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(0, Page, 100)]
    [InlineData(100, Page, 0)]
    public async Task IOAS_MAP_answers_EINVAL_when_misaligned_for_the_domains(ulong user, ulong length, ulong iova)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var map = new IoasMap(ioas, Fixed, iommu.Allocate(3) + user, length, Iova + iova);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Hwpt(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EINVAL, map);
        if (user > 0) await iommu.Expect(Errno.EINVAL, map with { Flags = IoasMapFlags.Readable });
    }

    [Fact]
    public async Task IOAS_MAP_answers_ENOSPC_when_there_is_no_hole()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        // As reported to the kernel: a range that ends just before the last addresses.
        await iommu.Expect(Errno.None, new IoasReserve(ioas, 6, 0xffffffffffff8001));
        await iommu.Expect(Errno.ENOSPC, new IoasMap(ioas, IoasMapFlags.Readable, iommu.Allocate(5), 5 * Page));
    }

    [Fact]
    public async Task IOAS_MAP_answers_EFAULT_when_a_domain_wants_memory_that_the_process_has_not()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var map = new IoasMap(ioas, Fixed, iommu.Allocate(2), 3 * Page, Iova);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.EFAULT, new HwptAlloc(await iommu.Bind(), ioas));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Hwpt(new ObjectId(2), ioas);
        await iommu.Expect(Errno.EFAULT, map);
        Assert.Equal(0, iommu.Memory.PinnedTotal);
        await iommu.Expect(Errno.None, map with { LengthBytes = 2 * Page });
    }

    [Fact]
    public async Task IOAS_MAP_answers_ENOMEM_when_the_process_may_lock_no_more()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var poor = new UserProcess(iommu.Memory) { Capabilities = ProcessCapabilities.None, MemlockLimitBytes = 3 * Page };
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        var map = new IoasMap(ioas, Fixed, iommu.Allocate(4), 4 * Page, Iova);
        Assert.Equal(Errno.ENOMEM, (await iommu.Context.As(poor).CallAsync(map)).Errno);
        Assert.Equal((0L, 0L), (poor.User.LockedPages, iommu.Memory.PinnedTotal));
        Assert.Equal(Errno.None, (await iommu.Context.As(poor).CallAsync(map with { LengthBytes = 3 * Page })).Errno);
        await iommu.Expect(Errno.None, map with { Iova = Iova + 4 * Page });
        Assert.Equal((3L, 3L, 4L), (poor.User.LockedPages, poor.PinnedPages, iommu.Process.PinnedPages));
    }

    [Fact]
    public async Task IOAS_MAP_answers_ENOENT_when_there_is_no_such_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new IoasMap(new ObjectId(9), Fixed, 0, Page));
        await iommu.Expect(Errno.ENOENT, new IoasMap(await iommu.Bind(), Fixed, 0, Page));
    }

    [Fact]
    public async Task IOAS_MAP_names_memory_of_the_process_that_calls()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var child = iommu.Hardware.CreateAddressSpace();
        var memory = child.Allocate(Page).Value;
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        var map = new IoasMap(ioas, Fixed, memory, Page, Iova);
        await iommu.Expect(Errno.EFAULT, map);
        var inChild = iommu.Context.As(new UserProcess(child));
        Assert.Equal(Errno.None, (await inChild.CallAsync(map)).Errno);
        Assert.Equal(Errno.None, (await inChild.CallAsync(new MockCheckMap(hwpt, Iova, Page, memory))).Errno);
    }
}
