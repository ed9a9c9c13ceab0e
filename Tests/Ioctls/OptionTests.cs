using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class OptionTests
{
    private const ulong Page = 4096;

    [Fact]
    public async Task OPTION_RLIMIT_MODE_is_0_until_it_is_set()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        Assert.Equal(0UL, await iommu.Value(Rlimit(OptionOp.Get, 7)));
        Assert.Equal(1UL, await iommu.Value(Rlimit(OptionOp.Set, 1)));
        Assert.Equal(1UL, await iommu.Value(Rlimit(OptionOp.Get)));
        Assert.Equal(0UL, await iommu.Value(Rlimit(OptionOp.Set, 0)));
        Assert.Equal(0UL, await iommu.Value(Rlimit(OptionOp.Get)));
    }

    [Fact]
    public async Task OPTION_RLIMIT_MODE_answers_EOPNOTSUPP_with_an_object_or_another_operation()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new Option(OptionId.RlimitMode, OptionOp.Get, new ObjectId(1)));
        await iommu.Expect(Errno.EOPNOTSUPP, Rlimit((OptionOp)2));
    }

    [Fact]
    public async Task OPTION_RLIMIT_MODE_answers_EPERM_without_CAP_SYS_RESOURCE()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var plain = iommu.Context.As(new UserProcess(iommu.Memory) { Capabilities = ProcessCapabilities.IpcLock });
        Assert.Equal(Errno.EPERM, (await plain.CallAsync(Rlimit(OptionOp.Set, 2))).Errno);
        Assert.Equal(Errno.None, (await plain.CallAsync(Rlimit(OptionOp.Get))).Errno);
    }

    [Fact]
    public async Task OPTION_RLIMIT_MODE_answers_EBUSY_when_any_object_exists()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.EBUSY, Rlimit(OptionOp.Set, 2));
        Assert.Equal(0UL, await iommu.Value(Rlimit(OptionOp.Get)));
        await iommu.Expect(Errno.None, new Destroy(ioas));
        await iommu.Expect(Errno.None, Rlimit(OptionOp.Set, 1));
    }

    [Fact]
    public async Task OPTION_RLIMIT_MODE_answers_EBUSY_when_a_tombstone_stands()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var parent = await iommu.NestParent(device, ioas);
        var viommu = await iommu.Viommu(device, parent);
        await iommu.Vdevice(viommu, device, 5);
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        foreach (var id in new[] { viommu, parent, ioas }) await iommu.Expect(Errno.None, new Destroy(id));
        await iommu.Expect(Errno.EBUSY, Rlimit(OptionOp.Set, 1));
    }

    [Fact]
    public async Task OPTION_RLIMIT_MODE_answers_EINVAL_for_another_value()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, Rlimit(OptionOp.Set, 2));
    }

    [Fact]
    public async Task OPTION_answers_EOPNOTSUPP_for_an_unknown_option()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new Option((OptionId)2, OptionOp.Get, await iommu.Ioas()));
    }

    [Fact]
    public async Task OPTION_HUGE_PAGES_is_1_until_it_is_set()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        Assert.Equal(1UL, await iommu.Value(Huge(ioas, OptionOp.Get, 3)));
        Assert.Equal(0UL, await iommu.Value(Huge(ioas, OptionOp.Set, 0)));
        Assert.Equal(0UL, await iommu.Value(Huge(ioas, OptionOp.Get, 3)));
        Assert.Equal(Page, (await iommu.Answer<IovaRangesAnswer>(new IoasIovaRanges(ioas, 9))).Alignment);
        Assert.Equal(1UL, await iommu.Value(Huge(ioas, OptionOp.Set, 1)));
        Assert.Equal(1UL, await iommu.Value(Huge(ioas, OptionOp.Get)));
    }

    [Fact]
    public async Task OPTION_HUGE_PAGES_answers_ENOENT_when_there_is_no_such_ioas()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, Huge(ObjectId.None, OptionOp.Get));
        await iommu.Expect(Errno.ENOENT, Huge(await iommu.Bind(), (OptionOp)9));
    }

    [Fact]
    public async Task OPTION_HUGE_PAGES_answers_EOPNOTSUPP_for_another_operation_and_EINVAL_for_another_value()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.EOPNOTSUPP, Huge(ioas, (OptionOp)2));
        await iommu.Expect(Errno.EINVAL, Huge(ioas, OptionOp.Set, 2));
    }

    [Fact]
    public async Task OPTION_HUGE_PAGES_answers_EINVAL_when_switched_off_with_a_domain_and_an_area()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Map(ioas, iommu.Allocate());
        var hwpt = await iommu.Hwpt(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EINVAL, Huge(ioas, OptionOp.Set, 0));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
        await iommu.Expect(Errno.None, Huge(ioas, OptionOp.Set, 0));
        // Off already, it is no change.
        await iommu.Hwpt(new ObjectId(2), ioas);
        await iommu.Expect(Errno.None, Huge(ioas, OptionOp.Set, 0));
    }

    [Fact]
    public async Task OPTION_HUGE_PAGES_answers_EADDRINUSE_when_switched_off_with_a_misaligned_area()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable;
        var misaligned = new IoasMap(ioas, flags, iommu.Allocate(2) + 2048, Page, Page);
        await iommu.Expect(Errno.None, misaligned);
        await iommu.Expect(Errno.EADDRINUSE, Huge(ioas, OptionOp.Set, 0));
        Assert.Equal(1UL, await iommu.Value(Huge(ioas, OptionOp.Get)));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, Huge(ioas, OptionOp.Set, 0));
        await iommu.Expect(Errno.EINVAL, misaligned);
    }

    private static Option Rlimit(OptionOp op, ulong value = 0) => new(OptionId.RlimitMode, op, Value: value);

    private static Option Huge(ObjectId ioas, OptionOp op, ulong value = 0) => new(OptionId.HugePages, op, ioas, value);
}
