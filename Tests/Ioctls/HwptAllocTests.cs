using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_HWPT_ALLOC (hw_pagetable.c, iommufd_hwpt_alloc).</summary>
public class HwptAllocTests
{
    [Fact]
    public async Task HWPT_ALLOC_answers_EINVAL_for_data_without_a_type_or_a_type_without_data_before_any_lookup()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var call = new HwptAlloc(GuestHarness.Missing, GuestHarness.Missing);
        await iommu.Expect(Errno.EINVAL, call with { DataType = FakeIommu.NestedData });
        await iommu.Expect(Errno.EINVAL, call with { Data = new byte[4] });
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_ENOENT_for_a_missing_device()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, ioas, parent, viommu) = await iommu.Guest();
        await iommu.Expect(Errno.ENOENT, new HwptAlloc(GuestHarness.Missing, GuestHarness.Missing));
        await iommu.Expect(Errno.ENOENT, new HwptAlloc(ioas, ioas));
        foreach (var on in new[] { parent, viommu }) await iommu.Expect(Errno.ENOENT, GuestHarness.NestedCall(ioas, on));
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EINVAL_for_a_pt_id_that_is_missing_or_nothing_to_allocate_on()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, parent, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, parent));
        var vdevice = await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        foreach (var wrong in new[] { GuestHarness.Missing, device, nested, vdevice })
            await iommu.Expect(Errno.EINVAL, GuestHarness.NestedCall(device, wrong));
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EINVAL_for_a_pt_id_that_goes_before_the_call_reaches_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        for (var i = 0; i < 20; i++)
        {
            var ioas = await iommu.Ioas();
            var (destroyed, late) = (iommu.Call(new Destroy(ioas)), iommu.Call(new HwptAlloc(device, ioas)));
            Assert.Equal((Errno.None, Errno.EINVAL), ((await destroyed).Errno, (await late).Errno));
        }
    }

    [Fact]
    public async Task HWPT_ALLOC_on_an_ioas_hands_flags_and_data_to_the_driver()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var ioas = await iommu.Ioas();
        const HwptAllocFlags flags = HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking | HwptAllocFlags.Pasid;
        await iommu.Id(new HwptAlloc(device, ioas, flags, FakeIommu.NestedData, new byte[] { 1, 2 }));
        Assert.Equal((flags, (uint)FakeIommu.NestedData, 2),
            (iommu.First.LastAlloc.Flags, iommu.First.LastAlloc.Data.Type, iommu.First.LastAlloc.Data.Bytes.Length));
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(device, ioas, DataType: HwptDataType.VtdS1, Data: new byte[4]));
        await iommu.BooksBalance();
    }

    [Fact]
    public async Task HWPT_ALLOC_on_an_ioas_answers_EOPNOTSUPP_for_an_unknown_flag()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(await iommu.Bind(), await iommu.Ioas(), (HwptAllocFlags)0x100));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_an_ioas_answers_EOPNOTSUPP_for_dirty_tracking_that_the_device_has_not()
    {
        await using var iommu = await new GuestHarness(first: new FakeIommu("first") { Features = new() }).OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(device, ioas, HwptAllocFlags.DirtyTracking));
        Assert.Null(iommu.First.LastPaging);
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EOPNOTSUPP_for_a_fault_queue_on_a_nest_parent_and_ENOENT_for_one_that_is_missing()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, viommu) = await iommu.Guest();
        var call = new HwptAlloc(device, ioas, HwptAllocFlags.FaultIdValid, FaultQueue: GuestHarness.Missing);
        await iommu.Expect(Errno.EOPNOTSUPP, call with { Flags = call.Flags | HwptAllocFlags.NestParent });
        var before = await iommu.State();
        await iommu.Expect(Errno.ENOENT, call);
        foreach (var on in new[] { parent, viommu })
            await iommu.Expect(Errno.ENOENT,
                GuestHarness.NestedCall(device, on) with { Flags = HwptAllocFlags.FaultIdValid, FaultQueue = GuestHarness.Missing });
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_makes_a_nested_hwpt_that_holds_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, await iommu.Ioas());
        var nested = await iommu.Id(GuestHarness.NestedCall(device, parent) with { Flags = HwptAllocFlags.Pasid });
        Assert.Equal(HwptAllocFlags.Pasid, iommu.First.LastAlloc.Flags);
        Assert.Equal(ObjectType.HwptNested, iommu.Context.Table.Find(nested)!.Type);
        await iommu.Expect(Errno.None, new DeviceAttach(device, nested));
        await iommu.Expect(Errno.EBUSY, new Destroy(parent));
        await iommu.BooksBalance();
        await iommu.Expect(Errno.None, new DeviceDetach(device));
        await iommu.Expect(Errno.None, new Destroy(nested));
        await iommu.Expect(Errno.None, new Destroy(parent));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_may_be_for_a_device_behind_another_iommu_of_the_kind_if_its_driver_takes_it()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, parent, _) = await iommu.Guest();
        await iommu.Expect(Errno.EINVAL, GuestHarness.NestedCall(await iommu.Bind("second-dev0"), parent));
        Assert.Equal((uint)FakeIommu.NestedData, iommu.Second.LastAlloc.Data.Type);
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_paging_hwpt_answers_EINVAL_when_it_is_no_nest_parent_or_an_attach_made_it_for_itself()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.Expect(Errno.EINVAL, GuestHarness.NestedCall(device, await iommu.Id(new HwptAlloc(device, ioas))));
        await iommu.Expect(Errno.None, new DeviceAttach(device, ioas));
        var auto = new ObjectId(4);
        Assert.True(iommu.Context.Table.Find(auto)!.Auto);
        await iommu.Expect(Errno.EINVAL, GuestHarness.NestedCall(device, auto));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_answers_EINVAL_when_that_is_another_drivers()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, _, _) = await iommu.Guest();
        var foreign = await iommu.NestParent(await iommu.Bind("other-dev0"), ioas);
        await iommu.Expect(Errno.EINVAL, GuestHarness.NestedCall(device, foreign));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_answers_EOPNOTSUPP_for_a_flag_or_without_data_before_it_looks_at_the_parent()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, ioas, parent, _) = await iommu.Guest();
        foreach (var on in new[] { parent, await iommu.Id(new HwptAlloc(device, ioas)) })
        {
            foreach (var flag in new[] { HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking, (HwptAllocFlags)0x100 })
                await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, on) with { Flags = flag });
            await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(device, on));
        }
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_answers_EOPNOTSUPP_when_the_driver_has_no_such_domains()
    {
        await using var iommu = await new GuestHarness(first: new FakeIommu("first") { SupportsNested = false }).OpenAsync();
        var (device, ioas, parent, _) = await iommu.Guest();
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, parent));
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, await iommu.Id(new HwptAlloc(device, ioas))));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_nest_parent_answers_the_drivers_errno()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, parent, _) = await iommu.Guest();
        var before = await iommu.State();
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, parent) with { DataType = HwptDataType.VtdS1 });
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_viommu_hands_the_flags_to_the_driver_and_holds_the_viommu()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        var nested = await iommu.Id(GuestHarness.NestedCall(device, viommu) with { Flags = HwptAllocFlags.Pasid });
        await iommu.BooksBalance();
        await iommu.Expect(Errno.EBUSY, new Destroy(viommu));
        await iommu.Expect(Errno.None, new Destroy(nested));
        await iommu.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_viommu_answers_EINVAL_for_a_device_behind_another_iommu_before_anything_else()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        var call = new HwptAlloc(await iommu.Bind("second-dev0"), viommu, (HwptAllocFlags)0x100);
        await iommu.Expect(Errno.EINVAL, call);
    }

    [Fact]
    public async Task HWPT_ALLOC_on_a_viommu_answers_EOPNOTSUPP_for_a_flag_or_without_data_or_for_what_its_driver_has_not()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        foreach (var flag in new[] { HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking, (HwptAllocFlags)0x100 })
            await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, viommu) with { Flags = flag });
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(device, viommu));
        await iommu.Expect(Errno.EOPNOTSUPP, GuestHarness.NestedCall(device, viommu) with { DataType = HwptDataType.VtdS1 });
        await iommu.BooksBalance();
    }
}
