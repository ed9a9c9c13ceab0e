using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_VIOMMU_ALLOC (viommu.c, iommufd_viommu_alloc_ioctl).</summary>
public class ViommuAllocTests
{
    [Fact]
    public async Task VIOMMU_ALLOC_answers_with_the_id_and_with_what_the_driver_writes_back()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var (errno, answer) = await iommu.Context.CallAsync<ViommuAnswer>(GuestHarness.ViommuCall(device, parent));
        Assert.Equal((Errno.None, new ObjectId(4)), (errno, answer!.Viommu));
        Assert.Equal(4096UL, BitConverter.ToUInt64(answer.Data.Span));
        Assert.Equal(8, iommu.First.LastAlloc.Data.Bytes.Length);
        (_, answer) = await iommu.Context.CallAsync<ViommuAnswer>(new ViommuAlloc(device, parent, ViommuType.Selftest));
        Assert.Equal((new ObjectId(5), 0), (answer!.Viommu, answer.Data.Length));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task VIOMMU_ALLOC_holds_the_stage_2_for_the_life_of_the_viommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, parent, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.EBUSY, new Destroy(parent));
        await iommu.Expect(Errno.None, new Destroy(viommu));
        await iommu.Expect(Errno.None, new Destroy(parent));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_EOPNOTSUPP_for_a_flag_or_the_default_type_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var call = GuestHarness.ViommuCall(GuestHarness.Missing, GuestHarness.Missing);
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Flags = 1 });
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Type = ViommuType.Default });
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_ENOENT_for_a_missing_device()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, parent, _) = await iommu.Guest();
        await iommu.Expect(Errno.ENOENT, GuestHarness.ViommuCall(GuestHarness.Missing, parent));
        await iommu.Expect(Errno.ENOENT, GuestHarness.ViommuCall(ioas, parent));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_EOPNOTSUPP_for_a_type_that_the_driver_has_not_before_it_looks_at_the_hwpt()
    {
        // It answered for the HWPT first.
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var plain = await iommu.Id(new HwptAlloc(device, ioas));
        foreach (var hwpt in new[] { GuestHarness.Missing, ioas, plain })
            await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.ViommuCall(device, hwpt) with { Type = ViommuType.Tegra241Cmdqv });
        var other = await iommu.Bind("other-dev0");
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.ViommuCall(other, GuestHarness.Missing));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_ENOENT_for_a_missing_hwpt()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, parent));
        foreach (var hwpt in new[] { GuestHarness.Missing, ioas, nested, viommu })
            await iommu.Expect(Errno.ENOENT, GuestHarness.ViommuCall(device, hwpt));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_EINVAL_for_an_hwpt_that_is_no_nest_parent()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var plain = await iommu.Id(new HwptAlloc(device, await iommu.Ioas()));
        await iommu.Expect(Errno.EINVAL, GuestHarness.ViommuCall(device, plain));
    }

    [Fact]
    public async Task VIOMMU_ALLOC_answers_the_drivers_errno_and_leaves_nothing()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        var parent = await iommu.NestParent(device, ioas);
        var foreign = await iommu.NestParent(await iommu.Bind("second-dev0"), ioas);
        var before = await iommu.State();
        await iommu.Expect(Errno.EINVAL, GuestHarness.ViommuCall(device, foreign));
        await iommu.Expect(Errno.EINVAL, GuestHarness.ViommuCall(device, parent) with { Data = new byte[3] });
        iommu.First.ViommuErrno = Errno.ENOSPC;
        await iommu.Expect(Errno.ENOSPC, GuestHarness.ViommuCall(device, parent));
        Assert.Equal(before, await iommu.State());
        iommu.First.ViommuErrno = Errno.None;
        var (_, answer) = await iommu.Context.CallAsync<ViommuAnswer>(GuestHarness.ViommuCall(device, parent));
        Assert.Equal(4096UL, BitConverter.ToUInt64(answer!.Data.Span));
    }
}
