using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class VeventqAllocTests
{
    private const uint DepthMax = 1 << 19;

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_an_id_and_an_open_file()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var viommu = await iommu.Guest();
        var queue = await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, DepthMax));
        Assert.Equal(ObjectType.Veventq, iommu.Context.Table.Find(queue.Id)!.Type);
        Assert.Equal(PollEvents.None, (await queue.File.PollAsync()).Events);
        Assert.Equal(await iommu.ExpectedCounts(), (await iommu.State()).Split("counts ")[1].Split(';')[0]);
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_EOPNOTSUPP_for_a_flag_and_for_the_default_type()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new VeventqAlloc(new ObjectId(99), VeventqType.ArmSmmuv3, 0, Flags: 1));
        await iommu.Expect(Errno.EOPNOTSUPP, new VeventqAlloc(new ObjectId(99), VeventqType.Default, 0));
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_EINVAL_for_depth_0_and_above_2_to_the_19()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new VeventqAlloc(new ObjectId(99), VeventqType.ArmSmmuv3, 0));
        await iommu.Expect(Errno.EINVAL, new VeventqAlloc(new ObjectId(99), VeventqType.ArmSmmuv3, DepthMax + 1));
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_ENOENT_where_there_is_no_vIOMMU()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.ENOENT, new VeventqAlloc(new ObjectId(99), VeventqType.ArmSmmuv3, 2));
        await iommu.Expect(Errno.ENOENT, new VeventqAlloc(ioas, VeventqType.ArmSmmuv3, 2));
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_EEXIST_for_a_second_queue_of_a_type_on_one_vIOMMU()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var viommu = await iommu.Guest();
        var other = await iommu.Guest("first-dev1");
        var first = await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
        await iommu.Expect(Errno.EEXIST, new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
        await iommu.Open(new VeventqAlloc(viommu, VeventqType.Tegra241Cmdqv, 2));
        await iommu.Open(new VeventqAlloc(other, VeventqType.ArmSmmuv3, 2));
        first.File.Closed();
        await iommu.Expect(Errno.EEXIST, new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
        await iommu.Expect(Errno.None, new Destroy(first.Id));
        await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
    }

    [Fact]
    public async Task VEVENTQ_ALLOC_answers_EEXIST_while_another_of_its_type_is_being_made()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var viommu = await iommu.Guest();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            iommu.Call(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2))));
        Assert.Single(answers, answer => answer.Errno == Errno.None);
        Assert.Equal(7, answers.Count(answer => answer.Errno == Errno.EEXIST));
        Assert.Equal(await iommu.ExpectedCounts(), (await iommu.State()).Split("counts ")[1].Split(';')[0]);
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_while_the_file_is_open_and_for_the_vIOMMU_while_it_has_a_queue()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var viommu = await iommu.Guest();
        var queue = await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
        await iommu.Expect(Errno.EBUSY, new Destroy(queue.Id));
        queue.File.Closed();
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        await iommu.Expect(Errno.None, new Destroy(queue.Id));
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task What_is_reported_while_a_queue_is_being_made_waits_for_it_or_for_its_failure()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var viommu = await iommu.Guest();
        for (var i = 0; i < 20; i++)
        {
            var creating = iommu.Call(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
            var reporting = iommu.Report(viommu, VeventqType.ArmSmmuv3, 1);
            var queue = (EventQueueAnswer)await creating;
            Assert.Equal(Errno.None, await reporting);
            Assert.Equal(9, (await queue.File.ReadAsync(100)).Bytes.Length);
            queue.File.Closed();
            await iommu.Expect(Errno.None, new Destroy(queue.Id));
        }
    }

    [Fact]
    public async Task The_last_close_of_the_context_closes_the_file_and_leaves_nothing()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var queue = await iommu.Open(new VeventqAlloc(await iommu.Guest(), VeventqType.ArmSmmuv3, 2));
        Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
        Assert.Equal(Errno.EBADF, (await queue.File.ReadAsync(100)).Errno);
        Assert.Equal(0, iommu.First.Live);
    }
}
