using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_HW_QUEUE_ALLOC (viommu.c, iommufd_hw_queue_alloc_ioctl).</summary>
public class HwQueueAllocTests
{
    private const ulong Iova = 0x10_0000;

    [Fact]
    public async Task HW_QUEUE_ALLOC_gives_the_driver_the_physical_address_of_the_ring_within_its_first_page()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova, pages: 4));
        var queue = await iommu.Id(GuestHarness.QueueCall(viommu, 0, Iova + 0x1040, 0x1fc0));
        Assert.Equal(new ObjectId(5), queue);
        Assert.Equal((1UL << 32) + (1 << 20) + 0x1040, iommu.First.LastViommu!.Queue(0)!.Physical);
        await iommu.BooksBalance();
        await iommu.Expect(Errno.None, new Destroy(queue));
        Assert.Null(iommu.First.LastViommu.Queue(0));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_keeps_its_ring_mapped_until_the_queue_is_destroyed()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova + 0x1000, user: (1 << 20) + 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova + 0x2000));
        var queues = new[]
        {
            await iommu.Id(GuestHarness.QueueCall(viommu, 0, Iova, 0x1001)), await iommu.Id(GuestHarness.QueueCall(viommu, 1, Iova)),
        };
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, Iova, 0x1000));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, Iova + 0x1000, 0x1000));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, Iova + 0x2000, 0x1000));
        await iommu.Expect(Errno.None, new Destroy(queues[1]));
        await iommu.Expect(Errno.EBUSY, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, new Destroy(queues[0]));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        Assert.Equal(0, iommu.Memory.Pins);
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_holds_its_viommu_and_the_queue_that_it_depends_on()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        var first = await iommu.Id(GuestHarness.QueueCall(viommu, 0, Iova));
        var second = await iommu.Id(GuestHarness.QueueCall(viommu, 1, Iova));
        await iommu.BooksBalance();
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        await iommu.Expect(Errno.EBUSY, new Destroy(first));
        await iommu.Expect(Errno.None, new Destroy(second));
        await iommu.Expect(Errno.None, new Destroy(first));
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EOPNOTSUPP_for_a_flag_or_the_default_type_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var call = GuestHarness.QueueCall(GuestHarness.Missing, 0, Iova, lengthBytes: 0);
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Flags = 1 });
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Type = HwQueueType.Default });
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EINVAL_for_length_0_and_EOVERFLOW_past_the_last_iova_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, GuestHarness.QueueCall(GuestHarness.Missing, 0, Iova, lengthBytes: 0));
        await iommu.Expect(Errno.EOVERFLOW, GuestHarness.QueueCall(GuestHarness.Missing, 0, ulong.MaxValue, lengthBytes: 2));
        await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(GuestHarness.Missing, 0, ulong.MaxValue, lengthBytes: 1));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_ENOENT_for_what_is_no_viommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, parent, _) = await iommu.Guest();
        foreach (var wrong in new[] { GuestHarness.Missing, device, parent })
            await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(wrong, 0, Iova));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EOPNOTSUPP_for_a_type_that_the_driver_has_not_before_it_looks_at_the_ring()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        var tegra = GuestHarness.QueueCall(viommu, 0, Iova) with { Type = HwQueueType.Tegra241Cmdqv };
        await iommu.Expect(Errno.EOPNOTSUPP, tegra);
        await iommu.Expect(Errno.EOPNOTSUPP, tegra with { Iova = 0, LengthBytes = ulong.MaxValue });
        var other = await iommu.Bind("other-dev0");
        var without = await iommu.Id(new ViommuAlloc(other, await iommu.NestParent(other, ioas), ViommuType.ArmSmmuv3));
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.QueueCall(without, 0, Iova));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_ERANGE_when_rounding_to_pages_passes_the_last_iova()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.ERANGE, GuestHarness.QueueCall(viommu, 0, 0, ulong.MaxValue));
        await iommu.Expect(Errno.ERANGE, GuestHarness.QueueCall(viommu, 0, 1, ulong.MaxValue));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_ENOMEM_for_a_ring_of_more_pages_than_can_be_listed()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.ENOMEM, GuestHarness.QueueCall(viommu, 0, 0, 1UL << 40));
        await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(viommu, 0, 0, (1UL << 40) - 4096));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_ENOENT_for_a_ring_that_is_not_mapped_whole()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(viommu, 0, Iova));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(viommu, 0, Iova, 0x1001));
        await iommu.Expect(Errno.ENOENT, GuestHarness.QueueCall(viommu, 0, Iova - 1, 0x1000));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EPERM_for_a_ring_that_may_not_be_read()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None,
            SimulatorHarness.Fixed(ioas, Iova) with { Flags = IoasMapFlags.FixedIova | IoasMapFlags.Writeable });
        await iommu.Expect(Errno.EPERM, GuestHarness.QueueCall(viommu, 0, Iova));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova) with { Flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable });
        await iommu.Expect(Errno.None, GuestHarness.QueueCall(viommu, 0, Iova));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EINVAL_for_a_ring_in_a_dma_buf()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var viommu = await iommu.Viommu(device, await iommu.NestParent(device, ioas));
        var buffer = (int)await iommu.Value(new MockDmabufGet(4096));
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable;
        await iommu.Value(new IoasMapFile(ioas, flags, buffer, 0, 4096, MockHarness.Aperture));
        var call = new HwQueueAlloc(viommu, HwQueueType.Selftest, 0, MockHarness.Aperture, 4096);
        await iommu.Expect(Errno.EINVAL, call);
        // It has let go of the area.
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, MockHarness.Aperture, 4096));
        await iommu.Map(ioas, iommu.Allocate());
        await iommu.Expect(Errno.None, call);
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EFAULT_for_pages_that_are_not_contiguous_and_lets_go_of_them()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova + 0x1000, user: 2 << 20));
        var before = await iommu.State();
        await iommu.Expect(Errno.EFAULT, GuestHarness.QueueCall(viommu, 0, Iova, 0x2000));
        Assert.Equal(before, await iommu.State());
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, ulong.MaxValue));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_the_drivers_errno_and_lets_go_of_the_ring()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        await iommu.Expect(Errno.EINVAL, GuestHarness.QueueCall(viommu, FakeViommu.QueuesMax, Iova));
        await iommu.Expect(Errno.EIO, GuestHarness.QueueCall(viommu, 1, Iova));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, Iova, 0x1000));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        var queue = await iommu.Id(GuestHarness.QueueCall(viommu, 0, Iova));
        await iommu.Expect(Errno.EEXIST, GuestHarness.QueueCall(viommu, 0, Iova));
        await iommu.Expect(Errno.None, new Destroy(queue));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, Iova, 0x1000));
    }

    [Fact]
    public async Task HW_QUEUE_ALLOC_answers_EIO_when_the_queue_that_it_depends_on_is_leaving()
    {
        // The driver knows the first one until its hardware is stopped, and builds on it; by then it is on its way out.
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        var first = await iommu.Id(GuestHarness.QueueCall(viommu, 0, Iova));
        using var gate = new ManualResetEventSlim();
        iommu.Context.Table.Find(first)!.Actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var destroyed = iommu.Call(new Destroy(first));
        var second = iommu.Call(GuestHarness.QueueCall(viommu, 1, Iova));
        await iommu.Context.Table.Find(viommu)!.Actor.Ask<int>(new Inspect(it => it.Counts.Users));
        gate.Set();
        Assert.Equal(Errno.None, (await destroyed).Errno);
        Assert.Equal(Errno.EIO, (await second).Errno);
        await iommu.BooksBalance();
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, Iova, 0x1000));
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task Two_HW_QUEUE_ALLOCs_at_once_find_each_other()
    {
        // The second must not be refused because the first, on which it depends, is not yet published.
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, Iova));
        for (var i = 0; i < 20; i++)
        {
            var calls = new[] { 0u, 1u }.Select(index => iommu.Call(GuestHarness.QueueCall(viommu, index, Iova))).ToList();
            var answers = await Task.WhenAll(calls);
            Assert.Equal([Errno.None, Errno.None], answers.Select(answer => answer.Errno));
            await iommu.Expect(Errno.None, new Destroy(answers[1].Id));
            await iommu.Expect(Errno.None, new Destroy(answers[0].Id));
        }
    }
}
