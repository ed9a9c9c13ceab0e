using Iommu.Actors;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>What the calls of a vIOMMU do on a Tegra241 CMDQV (tegra241-cmdqv.c), errno by errno.</summary>
public class Tegra241Tests
{
    [Fact]
    public async Task VIOMMU_ALLOC_returns_where_page_0_can_be_mapped_and_its_mapping_holds_the_viommu()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (device, _, parent) = await iommu.Parent();
        var answer = Assert.IsType<ViommuAnswer>(await iommu.Call(CmdqvHarness.ViommuCall(device, parent)));
        var (offset, length) = (BitConverter.ToUInt64(answer.Data.Span), BitConverter.ToUInt64(answer.Data.Span[8..]));
        Assert.Equal(0x1_0000UL, length);
        Assert.Equal(0x0520_0000 + RegisterMap.LogicalPage0(1), (await iommu.Call(new Mmap(offset, length))).Value);
        await iommu.Expect(Errno.ENXIO, new Mmap(offset + length, length));
        await iommu.Expect(Errno.EBUSY, new Destroy(answer.Viommu));
        await iommu.Expect(Errno.None, new Munmap(offset));
        await iommu.Expect(Errno.None, new Destroy(answer.Viommu));
        await iommu.Expect(Errno.ENXIO, new Mmap(offset, length));
        await iommu.BooksBalance();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(24)]
    public async Task VIOMMU_ALLOC_answers_EINVAL_without_user_data_or_with_another_length(int length)
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (device, _, parent) = await iommu.Parent();
        await iommu.Expect(Errno.EINVAL, CmdqvHarness.ViommuCall(device, parent, length));
        for (var i = 0; i < 3; i++) await iommu.Id(CmdqvHarness.ViommuCall(device, parent));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_EOPNOTSUPP_on_an_SMMU_without_a_CMDQV_and_the_architectures_type_on_one_with_it()
    {
        await using (var without = await new CmdqvHarness(hasCmdqv: false).OpenAsync())
        {
            var (device, _, parent) = await without.Parent();
            await without.Expect(Errno.EOPNOTSUPP, CmdqvHarness.ViommuCall(device, parent));
        }
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (bound, _, nestParent) = await iommu.Parent();
        var plain = await iommu.Id(new ViommuAlloc(bound, nestParent, ViommuType.ArmSmmuv3));
        await iommu.Expect(Errno.EOPNOTSUPP, CmdqvHarness.QueueCall(plain));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_EINVAL_for_a_parent_that_is_no_nest_parent()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var device = await iommu.Bind();
        var plain = await iommu.Id(new HwptAlloc(device, await iommu.Id(new IoasAlloc())));
        await iommu.Expect(Errno.EINVAL, CmdqvHarness.ViommuCall(device, plain));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_ENOSPC_when_no_VINTF_is_left()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (device, _, parent) = await iommu.Parent();
        var viommus = new List<ObjectId>();
        for (var i = 1; i < CmdqvHarness.Parameters.Vintfs; i++) viommus.Add(await iommu.Id(CmdqvHarness.ViommuCall(device, parent)));
        await iommu.Expect(Errno.ENOSPC, CmdqvHarness.ViommuCall(device, parent));
        await iommu.Expect(Errno.None, new Destroy(viommus[1]));
        await iommu.Id(CmdqvHarness.ViommuCall(device, parent));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_ENOMEM_when_the_page_cannot_be_offered_and_gives_its_VINTF_back()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync(new FailOnce { Step = "alloc mmap" });
        var (device, _, parent) = await iommu.Parent();
        await iommu.Expect(Errno.ENOMEM, CmdqvHarness.ViommuCall(device, parent));
        for (var i = 1; i < CmdqvHarness.Parameters.Vintfs; i++) await iommu.Id(CmdqvHarness.ViommuCall(device, parent));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VDEVICE_ALLOC_answers_EINVAL_for_a_virtual_id_wider_than_the_field_and_ENOSPC_when_the_slots_are_taken()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (first, _, viommu, _) = await iommu.Guest();
        var (second, third) = (await iommu.Bind(1), await iommu.Bind(2));
        await iommu.Expect(Errno.EINVAL, new VdeviceAlloc(viommu, first, 1UL << 20));
        await iommu.Expect(Errno.EINVAL, new VdeviceAlloc(viommu, first, 1UL << 32));
        await iommu.Id(new VdeviceAlloc(viommu, first, (1UL << 20) - 1));
        await iommu.Expect(Errno.EEXIST, new VdeviceAlloc(viommu, second, (1UL << 20) - 1));
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, second, 1));
        await iommu.Expect(Errno.ENOSPC, new VdeviceAlloc(viommu, third, 2));
        await iommu.Expect(Errno.None, new Destroy(vdevice));
        await iommu.Id(new VdeviceAlloc(viommu, third, 2));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_gives_the_guest_a_ring_that_is_drained_without_a_call()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, ioas, viommu, offset) = await iommu.Guest();
        var queue = await iommu.Id(CmdqvHarness.QueueCall(viommu));
        var ring = await iommu.MapRing(ioas, offset);
        var words = new ulong[2 * 64];
        for (var i = 0; i < 63; i++)
            (words[2 * i], words[2 * i + 1]) = (Command.NhVa(0, 5, (ulong)i << 12, leaf: true).Word0, (ulong)i << 12);
        words[^2] = VcmdqRing.Sync.Word0;
        for (var round = 0; round < 100; round++)
        {
            Assert.Equal(words.Length, ring.Produce(words));
            Assert.Equal(QueueStep.Idle, CmdqvHarness.Drained(ring));
        }
        Assert.Equal(6400UL, ring.ConsumedTotal);
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, CmdqvHarness.Iova, 0x4000));
        await iommu.Expect(Errno.None, new Destroy(queue));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, CmdqvHarness.Iova, 0x4000));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EOPNOTSUPP_for_another_type_and_EINVAL_for_an_index_that_the_VINTF_has_not()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, _, viommu, _) = await iommu.Guest();
        await iommu.Expect(Errno.EOPNOTSUPP, CmdqvHarness.QueueCall(viommu) with { Type = HwQueueType.Selftest });
        await iommu.Expect(Errno.EINVAL, CmdqvHarness.QueueCall(viommu, (uint)CmdqvHarness.Parameters.LogicalPerVintf));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EEXIST_for_an_index_in_use_and_EIO_for_one_without_the_one_below()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, ioas, viommu, _) = await iommu.Guest();
        await iommu.Expect(Errno.EIO, CmdqvHarness.QueueCall(viommu, 1));
        await iommu.Id(CmdqvHarness.QueueCall(viommu));
        await iommu.Expect(Errno.EEXIST, CmdqvHarness.QueueCall(viommu));
        await iommu.Id(CmdqvHarness.QueueCall(viommu, 1, CmdqvHarness.Iova + 0x1000));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.BooksBalance();
    }

    [Theory]
    [InlineData(16UL)]
    [InlineData(48UL)]
    [InlineData(0xFF0UL)]
    [InlineData(0x2000UL)]
    public async Task HW_QUEUE_ALLOC_answers_EINVAL_for_a_length_that_is_no_power_of_two_or_out_of_32_to_2_to_CMDQS_plus_4(ulong length)
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, _, viommu, _) = await iommu.Guest();
        await iommu.Expect(Errno.EINVAL, CmdqvHarness.QueueCall(viommu, lengthBytes: length));
        await iommu.Id(CmdqvHarness.QueueCall(viommu, lengthBytes: 32));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EINVAL_for_a_ring_that_is_not_aligned_to_its_length()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, _, viommu, _) = await iommu.Guest();
        foreach (var offset in new ulong[] { 0x10, 0x20, 0x800 })
            await iommu.Expect(Errno.EINVAL, CmdqvHarness.QueueCall(viommu, iova: CmdqvHarness.Iova + offset));
        await iommu.Expect(Errno.EINVAL, CmdqvHarness.QueueCall(viommu, iova: CmdqvHarness.Iova + 0x10, lengthBytes: 32));
        await iommu.Id(CmdqvHarness.QueueCall(viommu, iova: CmdqvHarness.Iova + 0x20, lengthBytes: 32));
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_for_a_queue_with_another_above_it_and_for_a_viommu_with_queues()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, _, viommu, _) = await iommu.Guest();
        var first = await iommu.Id(CmdqvHarness.QueueCall(viommu));
        var second = await iommu.Id(CmdqvHarness.QueueCall(viommu, 1, CmdqvHarness.Iova + 0x1000));
        await iommu.Expect(Errno.EBUSY, new Destroy(first));
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        var syncs = iommu.Machine.Smmus[0].CommandQueue.ConsumedTotal;
        await iommu.Expect(Errno.None, new Destroy(second));
        await iommu.Expect(Errno.None, new Destroy(first));
        Assert.Equal(syncs + 2, iommu.Machine.Smmus[0].CommandQueue.ConsumedTotal);
        await iommu.Expect(Errno.None, new Destroy(viommu));
        Assert.All(iommu.Cmdqv.Vcmdqs, queue => Assert.Null(queue.Owner));
    }

    [Fact]
    public async Task VEVENTQ_of_type_2_tells_which_of_the_guests_queues_have_stopped_and_no_other_guest_notices()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var (_, ioas, viommu, offset) = await iommu.Guest();
        var events = Assert.IsType<EventQueueAnswer>(await iommu.Call(new VeventqAlloc(viommu, VeventqType.Tegra241Cmdqv, 8))).File;
        await iommu.Id(CmdqvHarness.QueueCall(viommu));
        var ring = await iommu.MapRing(ioas, offset);
        for (var round = 0; round < 3; round++)
        {
            ring.Produce([Command.NsnhAll().Word0, 0]);
            Assert.Equal((QueueStep.Stopped, (int)CommandError.Illegal), (CmdqvHarness.Drained(ring), ring.Error));
            var read = await CmdqvHarness.NextEvent(events);
            Assert.Equal((24, 0u, (uint)round), (read.Length, BitConverter.ToUInt32(read), BitConverter.ToUInt32(read, 4)));
            Assert.Equal((1UL, 0UL), (BitConverter.ToUInt64(read, 8), BitConverter.ToUInt64(read, 16)));
            // I11: what is trapped goes on.
            await iommu.Expect(Errno.None, new HwptInvalidate(
                viommu, InvalidateDataType.ArmSmmuv3, 16, 1, BitConverter.GetBytes((UInt128)Command.NhAll(0).Word0)));
            ring.Replace(VcmdqRing.Sync);
            Assert.Equal(QueueStep.Idle, CmdqvHarness.Drained(ring));
        }
    }

    [Fact]
    public async Task GET_HW_INFO_of_type_3_tells_what_a_guest_can_be_given()
    {
        await using var iommu = await new CmdqvHarness().OpenAsync();
        var device = await iommu.Bind();
        var info = Assert.IsType<HwInfoAnswer>(await iommu.Call(new GetHwInfo(
            device, HwInfoFlags.InputType, Type: HwInfoType.Tegra241Cmdqv)));
        Assert.Equal((HwInfoType.Tegra241Cmdqv, "0000000001010100"), (info.Type, Convert.ToHexString(info.Data.Span)));
        await using var without = await new CmdqvHarness(hasCmdqv: false).OpenAsync();
        await without.Expect(Errno.EOPNOTSUPP, new GetHwInfo(
            await without.Bind(), HwInfoFlags.InputType, Type: HwInfoType.Tegra241Cmdqv));
    }

    [Fact]
    public async Task A_recovered_guest_has_its_page_and_its_queues_again_and_they_drain()
    {
        var file = Path.Combine(Path.GetTempPath(), $"iommu-{Guid.NewGuid():N}.db");
        try
        {
            ObjectId ioas, viommu, queue;
            ulong offset;
            await using (var iommu = await new CmdqvHarness(SimulatorConfig.Sqlite(file)).OpenAsync())
            {
                (_, ioas, viommu, offset) = await iommu.Guest();
                queue = await iommu.Id(CmdqvHarness.QueueCall(viommu));
            }
            await using var again = new CmdqvHarness(SimulatorConfig.Sqlite(file));
            // A new process of the same VMM has its memory where it was.
            again.Memory.Allocate(0x4000, contiguous: true);
            await again.OpenAsync();
            await again.BooksBalance();
            var ring = await again.MapRing(ioas, offset);
            ring.Produce([Command.NhAsid(0, 1).Word0, 0, VcmdqRing.Sync.Word0, 0]);
            Assert.Equal(QueueStep.Idle, CmdqvHarness.Drained(ring));
            await again.Expect(Errno.None, new Munmap(offset));
            await again.Expect(Errno.None, new Destroy(queue));
            await again.Expect(Errno.None, new Destroy(viommu));
        }
        finally
        {
            foreach (var each in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*")) File.Delete(each);
        }
    }
}
