using Akka.Configuration;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Conformance.Persistence;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>What a guest was given is there again on a new simulator and new hardware; what was the process's own is not.</summary>
public abstract class GuestRecoverySpec(Config config) : IDisposable
{
    [StoreFact]
    public async Task Hardware_queues_find_their_rings_again_in_the_order_in_which_they_depend_on_each_other()
    {
        const ulong iova = 0x10_0000;
        string before;
        ObjectId ioas, viommu, first, second;
        await using (var iommu = await new GuestHarness(config).OpenAsync())
        {
            // The second one gets the lower id.
            var spare = await iommu.Ioas();
            (_, ioas, _, viommu) = await iommu.Guest();
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, iova, pages: 2));
            first = await iommu.Id(GuestHarness.QueueCall(viommu, 0, iova));
            await iommu.Expect(Errno.None, new Destroy(spare));
            second = await iommu.Id(GuestHarness.QueueCall(viommu, 1, iova + 0xff0, 0x20));
            before = await iommu.State();
        }
        Assert.True(second.Value < first.Value);

        await using var again = await new GuestHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        await again.BooksBalance();
        Assert.Equal((1UL << 32) + (1 << 20) + 0xff0, again.First.LastViommu!.Queue(1)!.Physical);
        await again.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await again.Expect(Errno.EBUSY, new Destroy(first));
        foreach (var leaf in new[] { second, first, viommu }) await again.Expect(Errno.None, new Destroy(leaf));
        await again.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await again.BooksBalance();
    }

    [StoreFact]
    public async Task A_queue_that_is_destroyed_and_its_ring_unmapped_right_after_does_not_come_back()
    {
        const ulong iova = 0x10_0000;
        await using (var iommu = await new GuestHarness(config).OpenAsync())
        {
            var (_, ioas, _, viommu) = await iommu.Guest();
            for (var i = 0; i < 20; i++)
            {
                await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, iova));
                var queue = await iommu.Id(GuestHarness.QueueCall(viommu, 0, iova));
                // Tried until it can be done: it must not be durable before the end of the queue is.
                var destroyed = iommu.Call(new Destroy(queue));
                while ((await iommu.Call(new IoasUnmap(ioas, iova, 0x1000))).Errno == Errno.EBUSY) { }
                Assert.DoesNotContain($"{queue}=HwQueue", await iommu.State());
                Assert.Equal(Errno.None, (await destroyed).Errno);
            }
        }
        await using var again = await new GuestHarness(config).OpenAsync();
        await again.BooksBalance();
    }

    [StoreFact]
    public async Task Regions_are_offered_again_and_mappings_are_gone()
    {
        string before;
        var region = new Mmap(4096, FakeViommu.RegionBytes);
        await using (var iommu = await new GuestHarness(config).OpenAsync())
        {
            await iommu.Guest();
            before = await iommu.State();
            await iommu.Expect(Errno.None, region);
        }
        await using var again = await new GuestHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        await again.Expect(Errno.EINVAL, new Munmap(4096));
        Assert.Equal(new Answer(Errno.None, FakeViommu.RegionPhysical), await again.Call(region));
        await again.BooksBalance();
    }

    [StoreFact]
    public async Task Nested_hwpts_come_back_on_their_viommu_and_on_their_parent_with_flags_and_data()
    {
        string before;
        ObjectId device, parent;
        await using (var iommu = await new GuestHarness(config).OpenAsync())
        {
            (device, _, parent, var viommu) = await iommu.Guest();
            await iommu.Id(GuestHarness.NestedCall(device, viommu) with { Flags = HwptAllocFlags.Pasid });
            var nested = await iommu.Id(GuestHarness.NestedCall(device, parent) with { Flags = HwptAllocFlags.Pasid });
            await iommu.Expect(Errno.None, new DeviceAttach(device, nested));
            before = await iommu.State();
        }
        await using var again = await new GuestHarness(config).OpenAsync();
        Assert.Equal(before, await again.State());
        Assert.Contains(again.First.Allocs, alloc => alloc.Flags == HwptAllocFlags.Pasid && alloc.Data.Bytes.Length == 4);
        await again.BooksBalance();
        Assert.Equal(0UL, (await again.Context.CloseAsync()).Value);
        Assert.Equal(0, again.First.Live);
    }

    [StoreFact]
    public async Task A_paging_hwpt_comes_back_with_its_user_data_and_its_dirty_tracking_on()
    {
        ObjectId hwpt;
        await using (var iommu = await new GuestHarness(config).OpenAsync())
        {
            hwpt = await iommu.Id(new HwptAlloc(
                await iommu.Bind(), await iommu.Ioas(), HwptAllocFlags.DirtyTracking, FakeIommu.NestedData, new byte[] { 1, 2 }));
            await iommu.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.Enable));
        }
        await using (var again = await new GuestHarness(config).OpenAsync())
        {
            Assert.Equal((HwptAllocFlags.DirtyTracking, 2), (again.First.LastAlloc.Flags, again.First.LastAlloc.Data.Bytes.Length));
            Assert.True(again.First.LastPaging!.Tracking);
            await again.Expect(Errno.None, new HwptSetDirtyTracking(hwpt, DirtyTrackingFlags.None));
        }
        await using var off = await new GuestHarness(config).OpenAsync();
        Assert.False(off.First.LastPaging!.Tracking);
    }

    public abstract void Dispose();
}
