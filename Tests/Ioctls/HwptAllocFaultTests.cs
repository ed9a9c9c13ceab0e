using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>HWPT_ALLOC with a fault queue.</summary>
public class HwptAllocFaultTests
{
    [Fact]
    public async Task HWPT_ALLOC_links_the_HWPT_to_the_fault_queue_for_its_life()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, queue) = (await iommu.Bind(), (await iommu.FaultQueue()).Id);
        var paging = await iommu.Id(EventCalls.WithFaults(device, await iommu.Ioas(), queue));
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
        var nested = await iommu.Id(SimulatorHarness.NestedCall(device, viommu) with
        {
            Flags = HwptAllocFlags.FaultIdValid, FaultQueue = queue,
        });
        var actor = iommu.Context.Table.Find(queue)!.Actor;
        Assert.Equal((actor, actor), (iommu.Context.Table.Find(paging)!.FaultQueue, iommu.Context.Table.Find(nested)!.FaultQueue));
        Assert.Contains($"{queue}:4/1", await iommu.State());
        foreach (var hwpt in new[] { paging, nested }) await iommu.Expect(Errno.None, new Destroy(hwpt));
        Assert.Contains($"{queue}:2/1", await iommu.State());
    }

    [Fact]
    public async Task HWPT_ALLOC_does_not_look_at_the_fault_id_without_its_flag()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var hwpt = await iommu.Id(new HwptAlloc(await iommu.Bind(), await iommu.Ioas(), FaultQueue: new ObjectId(99)));
        Assert.Null(iommu.Context.Table.Find(hwpt)!.FaultQueue);
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EOPNOTSUPP_for_a_fault_queue_on_a_nest_parent()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var call = EventCalls.WithFaults(await iommu.Bind(), await iommu.Ioas(), (await iommu.FaultQueue()).Id);
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Flags = call.Flags | HwptAllocFlags.NestParent });
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(99u)]
    public async Task HWPT_ALLOC_answers_ENOENT_for_what_is_no_fault_queue_and_leaves_nothing(uint id)
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var device = await iommu.Bind();
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, await iommu.Ioas()));
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000));
        var before = await iommu.State();
        await iommu.Expect(Errno.ENOENT, EventCalls.WithFaults(device, ioas, new ObjectId(id)));
        await iommu.Expect(Errno.ENOENT, SimulatorHarness.NestedCall(device, viommu) with
        {
            Flags = HwptAllocFlags.FaultIdValid, FaultQueue = new ObjectId(id),
        });
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_what_is_wrong_with_the_HWPT_before_it_looks_for_the_fault_queue()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1010));
        await iommu.Expect(Errno.EADDRINUSE, EventCalls.WithFaults(device, ioas, new ObjectId(99)));
    }

    [Fact]
    public async Task HWPT_ALLOC_and_the_destruction_of_its_fault_queue_race_and_one_of_them_is_refused()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        for (var i = 0; i < 30; i++)
        {
            var queue = await iommu.FaultQueue();
            queue.File.Closed();
            var creating = iommu.Call(EventCalls.WithFaults(device, ioas, queue.Id));
            var destroying = iommu.Call(new Destroy(queue.Id));
            var (created, destroyed) = (await creating, await destroying);
            Assert.Equal(created.Errno == Errno.None ? (Errno.None, Errno.EBUSY) : (Errno.ENOENT, Errno.None),
                (created.Errno, destroyed.Errno));
            if (created.Errno != Errno.None) continue;
            foreach (var id in new[] { created.Id, queue.Id }) await iommu.Expect(Errno.None, new Destroy(id));
        }
        Assert.Equal("1=Device() 2=Ioas(); taken 2; counts 1:2/1 2:1/1; live 0; pins 0", await iommu.State());
    }
}
