using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>mmap() of the file (main.c, iommufd_fops_mmap).</summary>
public class MmapTests
{
    private static readonly Mmap Region = new(4096, FakeViommu.RegionBytes);

    [Fact]
    public async Task MMAP_answers_with_the_physical_address_and_holds_the_viommu_until_the_last_mapping_ends()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        Assert.Equal(new Answer(Errno.None, FakeViommu.RegionPhysical), await iommu.Call(Region));
        await iommu.Expect(Errno.None, new MmapDuplicate(4096));
        await iommu.Expect(Errno.None, Region);
        await iommu.BooksBalance();
        for (var mapping = 0; mapping < 3; mapping++)
        {
            await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
            await iommu.Expect(Errno.None, new Munmap(4096));
        }
        await iommu.BooksBalance();
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task MMAP_answers_EINVAL_when_it_is_not_aligned_or_not_shared_and_EPERM_when_executable()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Guest();
        await iommu.Expect(Errno.EINVAL, Region with { LengthBytes = 4097 });
        await iommu.Expect(Errno.EINVAL, Region with { LengthBytes = 0 });
        await iommu.Expect(Errno.EINVAL, Region with { Offset = 4097 });
        await iommu.Expect(Errno.EINVAL, Region with { Shared = false, Executable = true });
        await iommu.Expect(Errno.EPERM, Region with { Executable = true, Offset = 0 });
    }

    [Fact]
    public async Task MMAP_answers_ENXIO_for_what_is_not_exactly_a_region()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.ENXIO, Region);
        await iommu.Guest();
        await iommu.Expect(Errno.ENXIO, Region with { Offset = 0 });
        await iommu.Expect(Errno.ENXIO, Region with { Offset = 8192, LengthBytes = 4096 });
        await iommu.Expect(Errno.ENXIO, Region with { LengthBytes = 4096 });
        await iommu.Expect(Errno.ENXIO, Region with { LengthBytes = 3 * 4096 });
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task MMAP_answers_ENXIO_when_its_owner_is_destroyed_between_lookup_and_reference_B04()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, parent, viommu) = await iommu.Guest();
        using var gate = new ManualResetEventSlim();
        iommu.Context.Table.Find(viommu)!.Actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var destroyed = iommu.Call(new Destroy(viommu));
        var mapped = Enumerable.Range(0, 50).Select(_ => iommu.Call(Region)).ToList();
        gate.Set();
        Assert.Equal(Errno.None, (await destroyed).Errno);
        foreach (var late in mapped) Assert.Equal(Errno.ENXIO, (await late).Errno);
        await iommu.Expect(Errno.ENXIO, Region);
        await iommu.Expect(Errno.None, GuestHarness.ViommuCall(device, parent));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task MMAP_that_comes_before_a_DESTROY_makes_it_EBUSY_B04()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        for (var i = 0; i < 20; i++)
        {
            var (mapped, destroyed) = (iommu.Call(Region), iommu.Call(new Destroy(viommu)));
            Assert.Equal((Errno.None, Errno.EBUSY), ((await mapped).Errno, (await destroyed).Errno));
        }
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task MUNMAP_and_a_duplicate_answer_EINVAL_where_no_mapping_stands()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.EINVAL, new Munmap(4096));
        await iommu.Guest();
        await iommu.Expect(Errno.EINVAL, new Munmap(4096));
        await iommu.Expect(Errno.EINVAL, new MmapDuplicate(4096));
        await iommu.Expect(Errno.None, Region);
        await iommu.Expect(Errno.None, new Munmap(4096));
        await iommu.Expect(Errno.EINVAL, new Munmap(4096));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task Regions_have_the_lowest_free_offsets_and_go_with_their_viommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var viommus = new List<ObjectId>();
        for (var i = 0; i < 3; i++) viommus.Add(await iommu.Id(GuestHarness.ViommuCall(device, parent)));
        Assert.Equal(5UL * 4096, iommu.First.LastViommu!.Offset);
        await iommu.Expect(Errno.None, new Destroy(viommus[1]));
        await iommu.Expect(Errno.ENXIO, Region with { Offset = 3 * 4096 });
        await iommu.Id(GuestHarness.ViommuCall(device, parent));
        Assert.Equal(3UL * 4096, iommu.First.LastViommu.Offset);
    }

    [Fact]
    public async Task A_region_that_a_driver_keeps_beyond_its_viommu_is_reported_and_taken_back()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var problems = iommu.CollectProblems();
        var (device, _, parent, viommu) = await iommu.Guest();
        iommu.First.LastViommu!.KeepsRegion = true;
        await iommu.Expect(Errno.None, new Destroy(viommu));
        await iommu.Expect(Errno.None, GuestHarness.ViommuCall(device, parent));
        Assert.Equal(4096UL, iommu.First.LastViommu!.Offset);
        Assert.Contains("kept 1 mmap regions", Assert.Single(await problems()));
    }

    [Fact]
    public async Task A_close_ends_what_is_still_mapped()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Guest();
        await iommu.Expect(Errno.None, Region);
        await iommu.Expect(Errno.None, Region);
        Assert.Equal(new Answer(Errno.None, 0), await iommu.Context.CloseAsync());
        Assert.Equal(0, iommu.First.Live);
    }
}
