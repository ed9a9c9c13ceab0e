using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasNoiommuGetPaTests
{
    private const ulong Page = 4096;

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_where_memory_is_and_how_far_it_is_contiguous()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        iommu.First.Translates = false;
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000, pages: 2, user: 0x20_0000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x3000, user: 0x40_0000));
        var expected = new PhysicalAnswer(Errno.None, 0x1_0020_0010, 2 * Page - 16);
        Assert.Equal(expected, await iommu.Call(new IoasNoiommuGetPa(ioas, 0x1010, 1 << 30)));
        Assert.Equal(expected with { LengthBytes = 5 }, await iommu.Call(new IoasNoiommuGetPa(ioas, 0x1010, 5)));
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_EPERM_without_CAP_SYS_RAWIO()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var plain = iommu.Context.As(new UserProcess(iommu.Memory) { Capabilities = ProcessCapabilities.IpcLock });
        Assert.Equal(Errno.EPERM, (await plain.CallAsync(new IoasNoiommuGetPa(new ObjectId(9), 0, 0, 1))).Errno);
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_EOPNOTSUPP_for_a_flag_EINVAL_for_length_0_and_EOVERFLOW_at_the_last_byte()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasNoiommuGetPa(new ObjectId(9), 0, 0, 1));
        await iommu.Expect(Errno.EINVAL, new IoasNoiommuGetPa(new ObjectId(9), ulong.MaxValue, 0));
        await iommu.Expect(Errno.EOVERFLOW, new IoasNoiommuGetPa(new ObjectId(9), ulong.MaxValue, 1));
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_ENOENT_when_nothing_is_mapped_or_there_is_no_such_ioas()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new IoasNoiommuGetPa(new ObjectId(9), 0x1000, 1));
        await iommu.Expect(Errno.ENOENT, new IoasNoiommuGetPa(await iommu.Ioas(), 0x1000, 1));
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_EOPNOTSUPP_where_hardware_translates_or_nothing_does()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasNoiommuGetPa(ioas, 0x1000, 1));
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasNoiommuGetPa(ioas, 0x1000, 1));
    }

    [Fact]
    public async Task IOAS_NOIOMMU_GET_PA_answers_EINVAL_of_a_dma_buf_that_was_taken_away()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        iommu.First.Translates = false;
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        var buffer = new DmaBuf(1, 0x4000_0000, Page);
        var flags = Iommu.Messages.Uapi.IoasMapFlags.FixedIova | Iommu.Messages.Uapi.IoasMapFlags.Readable;
        var map = new IoasMapFile(ioas, flags, iommu.Process.Files.Install(buffer).Value, 0, Page, 0x1000);
        await iommu.Expect(Errno.None, map);
        await iommu.Expect(Errno.None, new IoasNoiommuGetPa(ioas, 0x1000, 1));
        var done = new TaskCompletionSource();
        buffer.Revoke(true, done.SetResult);
        await done.Task;
        await iommu.Expect(Errno.EINVAL, new IoasNoiommuGetPa(ioas, 0x1000, 1));
    }
}
