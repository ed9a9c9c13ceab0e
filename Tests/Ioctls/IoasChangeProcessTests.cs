using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasChangeProcessTests
{
    private const ulong Page = 4096;
    private const ulong Iova = MockHarness.Aperture;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IOAS_CHANGE_PROCESS_charges_all_that_is_pinned_to_the_caller(bool byProcess)
    {
        await using var iommu = await new MockHarness().OpenAsync();
        if (byProcess) await iommu.Value(new Option(OptionId.RlimitMode, OptionOp.Set, Value: 1));
        var (parent, child) = (Poor(iommu), Poor(iommu));
        var device = await iommu.Bind();
        var file = NewFile(iommu);
        for (var i = 0; i < 2; i++)
        {
            var ioas = await iommu.Ioas();
            await iommu.Hwpt(device, ioas);
            await Map(iommu, parent, ioas, file);
            await iommu.Value(new IoasCopy(ioas, ioas, Fixed, Page, Iova, Iova + 8 * Page));
        }
        Assert.Equal((4L, 4L), (Charged(parent), parent.PinnedPages));
        Assert.Equal(Errno.None, (await iommu.Context.As(parent).CallAsync(new IoasChangeProcess())).Errno);
        Assert.Equal((4L, 4L), (Charged(parent), parent.PinnedPages));
        Assert.Equal(Errno.None, (await iommu.Context.As(child).CallAsync(new IoasChangeProcess())).Errno);
        Assert.Equal((0L, 0L, 4L, 4L), (Charged(parent), parent.PinnedPages, Charged(child), child.PinnedPages));
        await iommu.Context.CloseAsync();
        Assert.Equal((0L, 0L), (Charged(child), child.PinnedPages));
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_succeeds_when_there_is_no_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.None, new IoasChangeProcess());
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_answers_EINVAL_when_an_area_is_no_files_and_changes_nothing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (parent, child) = (Poor(iommu), Poor(iommu));
        var (first, second) = (await iommu.Ioas(), await iommu.Ioas());
        await iommu.Hwpt(await iommu.Bind(), first);
        await Map(iommu, parent, first, NewFile(iommu));
        await iommu.Map(second, iommu.Allocate());
        Assert.Equal(Errno.EINVAL, (await iommu.Context.As(child).CallAsync(new IoasChangeProcess())).Errno);
        Assert.Equal((2L, 0L), (Charged(parent), Charged(child)));
        await iommu.Expect(Errno.None, new IoasUnmap(second, 0, ulong.MaxValue));
        Assert.Equal(Errno.None, (await iommu.Context.As(child).CallAsync(new IoasChangeProcess())).Errno);
        Assert.Equal((0L, 2L), (Charged(parent), Charged(child)));
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_answers_EINVAL_of_a_dma_buf()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var descriptor = iommu.Process.Files.Install(new DmaBuf(2, 0x4000_0000, Page)).Value;
        await iommu.Value(new IoasMapFile(await iommu.Ioas(), Fixed, descriptor, 0, Page, Iova));
        await iommu.Expect(Errno.EINVAL, new IoasChangeProcess());
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_answers_ENOMEM_when_the_caller_has_no_room_and_changes_nothing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (parent, child) = (Poor(iommu), Poor(iommu));
        child.MemlockLimitBytes = Page;
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        await Map(iommu, parent, ioas, NewFile(iommu));
        Assert.Equal(Errno.ENOMEM, (await iommu.Context.As(child).CallAsync(new IoasChangeProcess())).Errno);
        Assert.Equal((2L, 0L, 2L, 0L), (Charged(parent), Charged(child), parent.PinnedPages, child.PinnedPages));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        Assert.Equal(0, Charged(parent));
    }

    [Fact]
    public async Task IOAS_CHANGE_PROCESS_answers_EBUSY_while_an_area_is_being_torn_down()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        iommu.First.Queue.Held = true;
        var unmap = iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.EBUSY, new IoasChangeProcess());
        iommu.First.Queue.Held = false;
        Assert.Equal(Errno.None, (await unmap).Errno);
        await iommu.Expect(Errno.None, new IoasChangeProcess());
        await iommu.Expect(Errno.None, new Destroy(other));
    }

    [Fact]
    public async Task Calls_that_meet_a_change_of_process_wait_for_its_end_and_other_contexts_do_not()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Hwpt(await iommu.Bind(), ioas);
        for (var i = 0; i < 30; i++)
        {
            var calls = new[]
            {
                iommu.Call(new IoasChangeProcess()), iommu.Call(new IoasAlloc()), iommu.Call(new IoasChangeProcess()),
                iommu.Call(new IoasMap(ioas, IoasMapFlags.Readable, iommu.Allocate(), Page)), iommu.Call(new IoasChangeProcess()),
                iommu.Call(new IoasUnmap(ioas, 0, ulong.MaxValue)),
            };
            foreach (var call in calls) Assert.Contains((await call).Errno, (Errno[])[Errno.None, Errno.EINVAL]);
            await iommu.Expect(Errno.None, new Destroy((await calls[1]).Id));
        }
        Assert.Equal(0, iommu.Memory.PinnedTotal);
    }

    private static UserProcess Poor(MockHarness iommu) =>
        new(iommu.Memory) { Capabilities = ProcessCapabilities.None, MemlockLimitBytes = 100 * Page };

    private static long Charged(UserProcess process) => process.User.LockedPages + process.Own.LockedPages;

    private static MemoryFile NewFile(MockHarness iommu) =>
        MemoryFile.Create(1, iommu.Hardware.Memory, iommu.Hardware.Frames, 2 * Page).Value!;

    private static async Task Map(MockHarness iommu, UserProcess process, ObjectId ioas, MemoryFile file)
    {
        var descriptor = process.Files.Install(file).Value;
        var answer = await iommu.Context.As(process).CallAsync(new IoasMapFile(ioas, Fixed, descriptor, 0, 2 * Page, Iova));
        Assert.Equal(Errno.None, answer.Errno);
    }
}
