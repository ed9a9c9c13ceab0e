using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class FaultQueueAllocTests
{
    [Fact]
    public async Task FAULT_QUEUE_ALLOC_answers_an_id_and_an_open_file()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var answer = await iommu.FaultQueue();
        Assert.Equal(new ObjectId(1), answer.Id);
        Assert.Equal(ObjectType.Fault, iommu.Context.Table.Find(answer.Id)!.Type);
        Assert.Equal(PollEvents.Out, (await answer.File.PollAsync()).Events);
        Assert.Equal("1=Fault(); taken 1; counts 1:2/1; live 0; pins 0", await iommu.State());
    }

    [Fact]
    public async Task FAULT_QUEUE_ALLOC_answers_EOPNOTSUPP_for_a_flag()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new FaultQueueAlloc(1));
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_while_the_file_is_open()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var queue = await iommu.FaultQueue();
        await iommu.Expect(Errno.EBUSY, new Destroy(queue.Id));
        queue.File.Closed();
        await iommu.Expect(Errno.None, new Destroy(queue.Id));
        await iommu.Expect(Errno.ENOENT, new Destroy(queue.Id));
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_while_an_HWPT_names_the_queue()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var queue = await iommu.FaultQueue();
        queue.File.Closed();
        var hwpts = new List<ObjectId>();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        for (var i = 0; i < 2; i++) hwpts.Add(await iommu.Id(EventCalls.WithFaults(device, ioas, queue.Id)));
        foreach (var hwpt in hwpts)
        {
            await iommu.Expect(Errno.EBUSY, new Destroy(queue.Id));
            await iommu.Expect(Errno.None, new Destroy(hwpt));
        }
        await iommu.Expect(Errno.None, new Destroy(queue.Id));
    }

    [Fact]
    public async Task The_file_is_closed_once_however_often_that_is_said_B07()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var queue = await iommu.FaultQueue();
        queue.File.Closed();
        queue.File.Closed();
        Assert.Equal("1=Fault(); taken 1; counts 1:1/1; live 0; pins 0", await iommu.State());
    }

    [Fact]
    public async Task Who_finds_no_descriptor_closes_the_file_and_destroys_the_queue_and_nothing_is_left_B05()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var files = new FileTable(descriptorsMax: 1);
        var first = await iommu.FaultQueue();
        Assert.Equal(0, files.Install(first.File).Value);
        var before = await iommu.State();
        var second = await iommu.FaultQueue();
        Assert.Equal(Errno.EMFILE, files.Install(second.File).Errno);
        second.File.Closed();
        await iommu.Expect(Errno.None, new Destroy(second.Id));
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task The_last_descriptor_closes_the_file()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var queue = await iommu.FaultQueue();
        var files = new FileTable();
        var descriptor = files.Install(queue.File).Value;
        var duplicate = files.Duplicate(descriptor).Value;
        files.Close(descriptor);
        await iommu.Expect(Errno.EBUSY, new Destroy(queue.Id));
        files.Close(duplicate);
        await iommu.Expect(Errno.None, new Destroy(queue.Id));
    }

    [Fact]
    public async Task FAULT_QUEUE_ALLOC_answers_ENODEV_to_a_context_that_is_closing()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        await iommu.FaultQueue();
        var closed = iommu.Context.CloseAsync();
        var late = await iommu.Call(new FaultQueueAlloc());
        Assert.NotEqual(Errno.None, late.Errno);
        Assert.Equal(0UL, (await closed).Value);
    }
}
