using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>IOMMU_VFIO_IOAS: which IOAS the VFIO compatibility works on (vfio_compat.c, iommufd_vfio_ioas).</summary>
public class VfioIoasTests
{
    private static readonly VfioIoas Get = new(VfioIoasOp.Get);

    [Fact]
    public async Task VFIO_IOAS_gets_what_was_set_until_it_is_cleared()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var (first, second) = (await iommu.Ioas(), await iommu.Ioas());
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, first));
        Assert.Equal(first, await iommu.Id(Get));
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, second));
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, second));
        Assert.Equal(second, await iommu.Id(Get));
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Clear));
        await iommu.Expect(Errno.ENODEV, Get);
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Clear));
        // Clearing destroys nothing, and nothing is held.
        await iommu.Expect(Errno.None, new Destroy(first));
        await iommu.Expect(Errno.None, new Destroy(second));
    }

    [Fact]
    public async Task VFIO_IOAS_answers_ENODEV_when_none_is_set()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Ioas();
        await iommu.Expect(Errno.ENODEV, Get);
    }

    [Fact]
    public async Task VFIO_IOAS_answers_ENOENT_for_a_wrong_id()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.ENOENT, new VfioIoas(VfioIoasOp.Set, new ObjectId(7)));
        await iommu.Expect(Errno.ENOENT, new VfioIoas(VfioIoasOp.Set, await iommu.Bind()));
        await iommu.Expect(Errno.ENODEV, Get);
    }

    [Fact]
    public async Task VFIO_IOAS_answers_EOPNOTSUPP_for_another_operation()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new VfioIoas((VfioIoasOp)3, await iommu.Ioas()));
    }

    [Fact]
    public async Task What_is_set_goes_with_the_IOAS_and_does_not_come_back_with_its_id()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, ioas));
        await iommu.Expect(Errno.None, new Destroy(ioas));
        await iommu.Expect(Errno.ENODEV, Get);
        Assert.Equal(ioas, await iommu.Ioas());
        await iommu.Expect(Errno.ENODEV, Get);
        await iommu.Expect(Errno.ENODEV, new VfioGetInfo());
    }

    [Fact]
    public async Task Setting_and_destroying_the_same_IOAS_at_once_leave_it_set_or_gone()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        for (var round = 0; round < 50; round++)
        {
            var ioas = await iommu.Ioas();
            var set = iommu.Call(new VfioIoas(VfioIoasOp.Set, ioas));
            var destroyed = await iommu.Call(new Destroy(ioas));
            Assert.Contains((await set).Errno, new[] { Errno.None, Errno.ENOENT });
            Assert.Equal(destroyed.Errno == Errno.None ? Errno.ENODEV : Errno.None, (await iommu.Call(Get)).Errno);
            if (destroyed.Errno == Errno.EBUSY) await iommu.Expect(Errno.None, new Destroy(ioas));
        }
    }

    [Fact]
    public async Task The_first_group_of_a_container_makes_an_IOAS_and_the_next_ones_find_it()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var groups = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => iommu.Call(new VfioAttachGroup())));
        Assert.All(groups, answer => Assert.Equal((Errno.None, groups[0].Id), (answer.Errno, answer.Id)));
        Assert.Equal(groups[0].Id, await iommu.Id(Get));
        await iommu.Expect(Errno.EINVAL, new VfioAttachGroup(NoIommu: true));
        await iommu.Expect(Errno.None, new Destroy(groups[0].Id));
        await iommu.Expect(Errno.None, new VfioAttachGroup(NoIommu: true));
        await iommu.Expect(Errno.None, new VfioAttachGroup(NoIommu: true));
        await iommu.Expect(Errno.EINVAL, new VfioAttachGroup());
        await iommu.Expect(Errno.ENODEV, Get);
    }

    [Fact]
    public async Task A_group_whose_IOAS_cannot_be_made_leaves_nothing()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var before = await iommu.State();
        iommu.Failures.Arm(1);
        await iommu.Expect(Errno.ENOMEM, new VfioAttachGroup());
        Assert.Equal("reserve id", iommu.Failures.Failed);
        Assert.Equal(before, await iommu.State());
        await iommu.Expect(Errno.ENODEV, Get);
        await iommu.Expect(Errno.None, new VfioAttachGroup());
    }
}
