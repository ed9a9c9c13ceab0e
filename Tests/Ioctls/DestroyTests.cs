using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_DESTROY (main.c, iommufd_object_remove).</summary>
public class DestroyTests
{
    [Fact]
    public async Task DESTROY_takes_what_nobody_uses_and_frees_its_id()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new Destroy(ioas));
        Assert.Equal(ioas, await iommu.Ioas());
    }

    [Fact]
    public async Task DESTROY_answers_ENOENT_for_an_unknown_id_and_for_one_that_is_gone()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new Destroy(ioas));
        foreach (var gone in new[] { ioas, GuestHarness.Missing, ObjectId.None }) await iommu.Expect(Errno.ENOENT, new Destroy(gone));
    }

    [Fact]
    public async Task DESTROY_answers_ENOENT_for_an_id_that_is_not_yet_published()
    {
        var journal = HoldingJournal.NewConfig();
        await using var iommu = await new SimulatorHarness(journal).OpenAsync();
        var write = HoldingJournal.Delay<IoasAllocated>(journal);
        var made = iommu.Call(new IoasAlloc());
        await write.Reached;
        await iommu.Expect(Errno.ENOENT, new Destroy(new ObjectId(1)));
        write.LetGo();
        Assert.Equal(new ObjectId(1), (await made).Id);
        await iommu.Expect(Errno.None, new Destroy(new ObjectId(1)));
    }

    [Fact]
    public async Task DESTROY_answers_ENOENT_for_a_tombstone()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        await iommu.Expect(Errno.ENOENT, new Destroy(vdevice));
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_for_a_viommu_with_a_mapping_or_a_vdevice_or_an_hwpt_or_a_queue()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, _, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        foreach (var user in new Call[]
        {
            new VdeviceAlloc(viommu, device, 5), GuestHarness.NestedCall(device, viommu), GuestHarness.QueueCall(viommu, 0, 0x1000),
        })
        {
            var used = await iommu.Id(user);
            await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
            await iommu.Expect(Errno.None, new Destroy(used));
        }
        await iommu.Expect(Errno.None, new Mmap(4096, FakeViommu.RegionBytes));
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        await iommu.Expect(Errno.None, new Munmap(4096));
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task DESTROY_answers_EBUSY_for_whatever_another_object_is_built_on_or_attached_to()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, viommu));
        var straight = await iommu.Id(GuestHarness.NestedCall(device, parent));
        await iommu.Expect(Errno.None, new DeviceAttach(device, nested));
        foreach (var used in new[] { device, ioas, parent, viommu, nested }) await iommu.Expect(Errno.EBUSY, new Destroy(used));
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        foreach (var leaf in new[] { nested, viommu, straight, parent, ioas }) await iommu.Expect(Errno.None, new Destroy(leaf));
    }
}
