using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasCopyTests
{
    private const ulong Page = 4096;
    private const ulong Iova = MockHarness.Aperture;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable;

    [Fact]
    public async Task IOAS_COPY_maps_the_same_pages_elsewhere_with_one_pin_and_one_charge()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var poor = new UserProcess(iommu.Memory) { Capabilities = ProcessCapabilities.None, MemlockLimitBytes = 4 * Page };
        var context = iommu.Context.As(poor);
        var (ioas, other, device) = (await iommu.Ioas(), await iommu.Ioas(), await iommu.Bind());
        var (hwpt, copyHwpt) = (await iommu.Hwpt(device, ioas), await iommu.Hwpt(device, other));
        var memory = iommu.Allocate(4);
        Assert.Equal(Errno.None, (await context.CallAsync(new IoasMap(ioas, Fixed, memory, 4 * Page, Iova))).Errno);
        Assert.Equal(Iova, (await context.CallAsync(new IoasCopy(other, ioas, Fixed, 2 * Page, Iova + Page, Iova))).Value);
        await iommu.Expect(Errno.None, new MockCheckMap(copyHwpt, Iova, 2 * Page, memory + Page));
        await iommu.Expect(Errno.None, new MockCheckRefs(memory, 4 * Page, 1));
        Assert.Equal(4, poor.User.LockedPages);

        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.EINVAL, new MockCheckMap(hwpt, Iova, Page, memory));
        await iommu.Expect(Errno.None, new MockCheckMap(copyHwpt, Iova, 2 * Page, memory + Page));
        Assert.Equal((2L, 2L), (poor.User.LockedPages, iommu.Memory.PinnedTotal));
        await iommu.Expect(Errno.None, new IoasUnmap(other, 0, ulong.MaxValue));
        Assert.Equal((0L, 0L), (poor.User.LockedPages, iommu.Memory.PinnedTotal));
    }

    [Fact]
    public async Task IOAS_COPY_spans_areas_that_meet_and_makes_as_many()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        var hwpt = await iommu.Hwpt(await iommu.Bind(), other);
        var (first, second) = (iommu.Allocate(2), iommu.Allocate(2));
        await iommu.Map(ioas, first, 2);
        await iommu.Map(ioas, second, 2, Iova + 2 * Page);
        var iova = await iommu.Value(new IoasCopy(other, ioas, IoasMapFlags.Readable, 2 * Page, Iova + Page));
        await iommu.Expect(Errno.None, new MockCheckMap(hwpt, iova, Page, first + Page));
        await iommu.Expect(Errno.None, new MockCheckMap(hwpt, iova + Page, Page, second));
        Assert.Equal(Page, await iommu.Value(new IoasUnmap(other, iova, Page)));
    }

    [Fact]
    public async Task IOAS_COPY_works_within_one_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        var memory = iommu.Allocate();
        await iommu.Map(ioas, memory);
        await iommu.Expect(Errno.None, new IoasCopy(ioas, ioas, Fixed, Page, Iova, Iova + Page));
        await iommu.Expect(Errno.None, new MockCheckMap(hwpt, Iova + Page, Page, memory));
        await iommu.Expect(Errno.None, new MockCheckRefs(memory, Page, 1));
    }

    [Fact]
    public async Task IOAS_COPY_answers_EOPNOTSUPP_for_an_unknown_flag()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasCopy(default, default, (IoasMapFlags)8, ulong.MaxValue, 0));
    }

    [Fact]
    public async Task IOAS_COPY_answers_EINVAL_when_it_is_neither_readable_nor_writeable()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new IoasCopy(default, default, IoasMapFlags.FixedIova, Page, 0));
    }

    [Theory]
    [InlineData(ulong.MaxValue, 0, 0)]
    [InlineData(Page, ulong.MaxValue, 0)]
    [InlineData(Page, 0, ulong.MaxValue)]
    public async Task IOAS_COPY_answers_EOVERFLOW_when_something_is_2_64_less_1(ulong length, ulong from, ulong to)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOVERFLOW, new IoasCopy(default, default, IoasMapFlags.FixedIova, length, from, to));
    }

    [Fact]
    public async Task IOAS_COPY_answers_EOVERFLOW_when_the_source_ends_beyond_2_64_and_EINVAL_when_it_is_empty()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.EOVERFLOW, new IoasCopy(default, ioas, Fixed, 2 * Page, ulong.MaxValue - Page));
        await iommu.Expect(Errno.EINVAL, new IoasCopy(default, ioas, Fixed, 0, Iova));
    }

    [Fact]
    public async Task IOAS_COPY_answers_ENOENT_when_the_source_is_not_mapped_whole_or_an_ioas_is_missing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (ioas, missing) = (await iommu.Ioas(), new ObjectId(9));
        var memory = iommu.Allocate(2);
        await iommu.Map(ioas, memory, 2);
        await iommu.Expect(Errno.ENOENT, new IoasCopy(ioas, ioas, Fixed, 2 * Page, Iova - Page, 0));
        await iommu.Expect(Errno.ENOENT, new IoasCopy(ioas, ioas, Fixed, 2 * Page, Iova + Page, 0));
        await iommu.Expect(Errno.ENOENT, new IoasCopy(ioas, missing, Fixed, Page, Iova, 0));
        await iommu.Expect(Errno.ENOENT, new IoasCopy(missing, ioas, Fixed, Page, Iova, 0));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, new Destroy(ioas));
    }

    [Fact]
    public async Task IOAS_COPY_answers_EPERM_when_writeable_where_the_source_was_mapped_to_be_read()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Value(new IoasMap(ioas, Fixed, iommu.Allocate(), Page, Iova));
        var copy = new IoasCopy(ioas, ioas, Fixed | IoasMapFlags.Writeable, Page, Iova, Iova + Page);
        await iommu.Expect(Errno.EPERM, copy);
        await iommu.Expect(Errno.None, copy with { Flags = Fixed });
    }

    [Fact]
    public async Task IOAS_COPY_answers_as_a_map_does_at_the_destination()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        await iommu.Hwpt(await iommu.Bind(), other);
        await iommu.Map(ioas, iommu.Allocate(2), 2);
        var copy = new IoasCopy(other, ioas, Fixed, Page, Iova, Iova);
        await iommu.Expect(Errno.EINVAL, copy with { LengthBytes = 100 });
        await iommu.Expect(Errno.EINVAL, copy with { DestinationIova = Iova + 1 });
        await iommu.Expect(Errno.EINVAL, copy with { DestinationIova = 0 });
        await iommu.Expect(Errno.EINVAL, copy with { SourceIova = Iova + 512 });
        await iommu.Expect(Errno.None, copy);
        await iommu.Expect(Errno.EEXIST, copy);
        await iommu.Expect(Errno.None, new IoasReserve(other, Iova + Page, (1UL << 31) - Iova - Page));
        await iommu.Expect(Errno.ENOSPC, copy with { Flags = IoasMapFlags.Readable });
        Assert.Equal(1, iommu.Memory.PinnedTotal);
    }

    [Fact]
    public async Task IOAS_COPY_to_an_ioas_that_goes_meanwhile_leaks_nothing()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        for (var i = 0; i < 50; i++)
        {
            var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
            var pages = await Pages(iommu, ioas);
            var copy = iommu.Call(new IoasCopy(other, ioas, Fixed, Page, 0x1000, 0x1000));
            var destroyed = await iommu.Call(new Destroy(other));
            Assert.Contains((await copy).Errno, (Errno[])[Errno.None, Errno.ENOENT]);
            if (destroyed.Errno != Errno.None) await iommu.Expect(Errno.None, new Destroy(other));
            await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
            Assert.Equal(0, pages.Holders);
        }
    }

    private static Task<Iommu.Actors.Core.Ioas.PinnedPages> Pages(SimulatorHarness iommu, ObjectId ioas) => Akka.Actor.Futures.Ask<
        Iommu.Actors.Core.Ioas.PinnedPages>(iommu.Context.Table.Find(ioas)!.Actor, new Iommu.Actors.Inspect(inspection =>
            ((Iommu.Actors.Core.Ioas.IoPagetable)inspection.State!).Areas[0].Pages));
}
