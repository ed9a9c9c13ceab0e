using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasMapFileTests
{
    private const ulong Page = 4096;
    private const ulong Iova = MockHarness.Aperture;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable;

    [Fact]
    public async Task IOAS_MAP_FILE_maps_the_pages_of_a_memory_file_which_lives_as_long_as_that()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        var file = NewFile(iommu, 4);
        var descriptor = iommu.Process.Files.Install(file).Value;
        var here = iommu.Memory.Map(file, 0, 4 * Page).Value;
        Assert.Equal(Iova, await iommu.Value(new IoasMapFile(ioas, Fixed, descriptor, Page, 2 * Page, Iova)));
        await iommu.Expect(Errno.None, new MockCheckMap(hwpt, Iova, 2 * Page, here + Page));
        await iommu.Expect(Errno.None, new MockCheckRefs(here + Page, 2 * Page, 1));
        iommu.Process.Files.Close(descriptor);
        iommu.Memory.Free(here);
        Assert.Equal(2, file.PinnedTotal);
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        Assert.False(file.TryHold());
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_EBADF_when_there_is_no_such_file()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EBADF, new IoasMapFile(await iommu.Ioas(), Fixed, 7, 0, Page, Iova));
        await iommu.Expect(Errno.EBADF, new IoasMapFile(await iommu.Id(new IoasAlloc()), Fixed, -1, 0, Page, Iova));
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_as_a_map_does_before_the_file_is_looked_at()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasMapFile(ioas, (IoasMapFlags)8, 7, 0, Page));
        await iommu.Expect(Errno.EOVERFLOW, new IoasMapFile(ioas, Fixed, 7, 0, ulong.MaxValue));
        await iommu.Expect(Errno.EOVERFLOW, new IoasMapFile(ioas, Fixed, 7, 0, Page, ulong.MaxValue));
        await iommu.Expect(Errno.EINVAL, new IoasMapFile(ioas, IoasMapFlags.FixedIova, 7, 0, Page));
        await iommu.Expect(Errno.ENOENT, new IoasMapFile(new ObjectId(9), Fixed, 7, 0, Page));
        await iommu.Expect(Errno.EINVAL, new IoasMapFile(ioas, Fixed, 7, 0, 0));
        await iommu.Expect(Errno.EOVERFLOW, new IoasMapFile(ioas, Fixed, 7, ulong.MaxValue, 2));
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_as_a_map_does_where_it_is_to_go()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        var descriptor = iommu.Process.Files.Install(NewFile(iommu, 4)).Value;
        var map = new IoasMapFile(ioas, Fixed, descriptor, 0, Page, Iova);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.EEXIST, map);
        await iommu.Expect(Errno.EINVAL, map with { Iova = 0 });
        await iommu.Expect(Errno.EINVAL, map with { Iova = Iova + Page, Start = 100 });
        await iommu.Expect(Errno.EINVAL, map with { Iova = Iova + Page, LengthBytes = 100 });
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_EINVAL_when_a_domain_wants_pages_beyond_the_end_or_of_another_kind_of_file()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var (file, other) = (iommu.Process.Files.Install(NewFile(iommu, 2)).Value, iommu.Process.Files.Install(new PlainFile()).Value);
        var beyond = new IoasMapFile(ioas, Fixed, file, Page, 2 * Page, Iova);
        var without = new IoasMapFile(ioas, Fixed, other, 0, Page, Iova);
        // Nobody looks at the pages before they are wanted.
        await iommu.Expect(Errno.None, beyond);
        await iommu.Expect(Errno.None, without with { Iova = Iova + 4 * Page });
        await iommu.Expect(Errno.EINVAL, new HwptAlloc(await iommu.Bind(), ioas));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Hwpt(new ObjectId(2), ioas);
        await iommu.Expect(Errno.EINVAL, beyond);
        await iommu.Expect(Errno.EINVAL, without);
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_ENOMEM_when_the_process_may_lock_no_more()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var poor = new UserProcess(iommu.Memory) { Capabilities = ProcessCapabilities.None, MemlockLimitBytes = Page };
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        var map = new IoasMapFile(ioas, Fixed, poor.Files.Install(NewFile(iommu, 2)).Value, 0, 2 * Page, Iova);
        Assert.Equal(Errno.ENOMEM, (await iommu.Context.As(poor).CallAsync(map)).Errno);
        Assert.Equal(Errno.None, (await iommu.Context.As(poor).CallAsync(map with { LengthBytes = Page })).Errno);
    }

    [Fact]
    public async Task IOAS_MAP_FILE_maps_a_dma_buf_whose_pages_are_neither_pinned_nor_charged()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var domain = Domain(iommu, await iommu.Hwpt(await iommu.Bind(), ioas));
        var descriptor = iommu.Process.Files.Install(new DmaBuf(2, 0x4000_0000, 4 * Page)).Value;
        await iommu.Value(new IoasMapFile(ioas, Fixed, descriptor, Page + 2048, 2 * Page, Iova + 2048));
        Assert.Equal((0x4000_1800UL, 0x4000_37ffUL), (domain.Lookup(Iova + 2048), domain.Lookup(Iova + 2048 + 2 * Page - 1)));
        Assert.Equal(0, iommu.Process.PinnedPages);
    }

    [Theory]
    [InlineData(4 * Page, Page)]
    [InlineData(0, 4 * Page + 1)]
    public async Task IOAS_MAP_FILE_answers_EINVAL_beyond_the_end_of_a_dma_buf(ulong start, ulong length)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var descriptor = iommu.Process.Files.Install(new DmaBuf(2, 0x4000_0000, 4 * Page)).Value;
        await iommu.Expect(Errno.EINVAL, new IoasMapFile(await iommu.Ioas(), Fixed, descriptor, start, length, Iova));
    }

    [Fact]
    public async Task IOAS_MAP_FILE_answers_ENODEV_of_a_dma_buf_that_is_taken_away_and_what_was_mapped_does_not_come_back()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (ioas, other, device) = (await iommu.Ioas(), await iommu.Ioas(), await iommu.Bind());
        var first = Domain(iommu, await iommu.Hwpt(device, ioas));
        var buffer = new DmaBuf(2, 0x4000_0000, 4 * Page);
        var map = new IoasMapFile(ioas, Fixed, iommu.Process.Files.Install(buffer).Value, 0, 4 * Page, Iova);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.None, new IoasCopy(other, ioas, Fixed, Page, Iova, Iova));
        var copied = Domain(iommu, await iommu.Hwpt(device, other));
        Assert.Equal((0x4000_0000UL, 0x4000_0000UL), (first.Lookup(Iova), copied.Lookup(Iova)));

        await Revoke(buffer, true);
        Assert.Equal(((ulong?)null, (ulong?)null), (first.Lookup(Iova), copied.Lookup(Iova)));
        var second = Domain(iommu, await iommu.Hwpt(device, ioas));
        await iommu.Expect(Errno.ENODEV, map with { Iova = Iova + 8 * Page });
        await Revoke(buffer, false);
        await iommu.Expect(Errno.None, map with { Iova = Iova + 8 * Page });
        Assert.Equal(((ulong?)null, (ulong?)null), (first.Lookup(Iova), second.Lookup(Iova)));
        Assert.Equal(0x4000_0000UL, second.Lookup(Iova + 8 * Page));
        await iommu.Expect(Errno.EEXIST, map);
        Assert.Equal(4 * Page, await iommu.Value(new IoasUnmap(ioas, Iova, 4 * Page)));
        await iommu.Expect(Errno.None, map);
        Assert.Equal(0x4000_0000UL, first.Lookup(Iova));
    }

    [Fact]
    public async Task A_dma_buf_is_taken_away_when_hardware_has_forgotten_it()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        var buffer = new DmaBuf(2, 0x4000_0000, 4 * Page);
        var descriptor = iommu.Process.Files.Install(buffer).Value;
        await iommu.Expect(Errno.None, new IoasMapFile(ioas, Fixed, descriptor, 0, 4 * Page, Iova));
        iommu.First.Queue.Held = true;
        var revoked = Revoke(buffer, true);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        Assert.False(revoked.IsCompleted);
        iommu.First.Queue.Held = false;
        await revoked;
    }

    private static MemoryFile NewFile(MockHarness iommu, ulong pages) =>
        MemoryFile.Create(1, iommu.Hardware.Memory, iommu.Hardware.Frames, pages * Page).Value!;

    private static Iommu.Hardware.Drivers.IPagingDomain Domain(MockHarness iommu, ObjectId hwpt) =>
        (Iommu.Hardware.Drivers.IPagingDomain)iommu.Context.Table.Find(hwpt)!.Hardware!;

    private static Task Revoke(DmaBuf buffer, bool revoked)
    {
        var done = new TaskCompletionSource();
        buffer.Revoke(revoked, done.SetResult);
        return done.Task;
    }

    private sealed class PlainFile : IOpenFile
    {
        public void Closed()
        {
        }
    }
}
