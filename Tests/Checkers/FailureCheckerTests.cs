using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Checkers;

/// <summary>Calls that fail and leave something, and one that does not.</summary>
public class FailureCheckerTests : IAsyncLifetime
{
    private readonly MockHarness _mock = new();
    private readonly Findings _findings = new();
    private FailureChecker _checker = null!;
    private ObjectId _ioas;
    private ObjectId _device;
    private ObjectId _parent;

    public async Task InitializeAsync()
    {
        await _mock.OpenAsync();
        _ioas = await _mock.Ioas();
        await _mock.Map(_ioas, _mock.Allocate(4), 4);
        _device = await _mock.Bind();
        _parent = await _mock.NestParent(_device, _ioas);
        _checker = new FailureChecker(_mock.Context, _mock.Process, _findings, ("frames in use", () => _mock.Hardware.Frames.InUse));
    }

    public async Task DisposeAsync() => await _mock.DisposeAsync();

    [Fact]
    public async Task A_call_that_fails_and_leaves_nothing_passes()
    {
        Assert.Equal(Errno.EBUSY, (await _checker.CallAsync(new Destroy(_ioas))).Errno);
        Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task An_unmap_that_fails_half_way_passes()
    {
        await _mock.Map(_ioas, _mock.Allocate(2), 2, MockHarness.Aperture + 0x10000);
        var cut = new IoasUnmap(_ioas, MockHarness.Aperture, 0x11000);
        Assert.Equal(Errno.ENOENT, (await _checker.CallAsync(cut)).Errno);
        Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task An_unmap_that_fails_and_leaves_more_than_fewer_areas_is_found_as_I12()
    {
        await Fail(new IoasUnmap(_ioas, 0, ulong.MaxValue), async () =>
        {
            await _mock.Value(new IoasUnmap(_ioas, 0, ulong.MaxValue));
            await _mock.Ioas();
        });
        var found = Assert.Single(_findings.All);
        Assert.EndsWith("but ids taken was 3, is 4", found.What, StringComparison.Ordinal);
        Assert.DoesNotContain(found.Details, difference => difference.StartsWith("area", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invalidation_that_fails_may_change_hardware_and_no_more()
    {
        var call = new HwptInvalidate(_ioas, InvalidateDataType.Selftest, 8, 1, new byte[8]);
        await Fail(call, () =>
        {
            _mock.Allocate();
            return Task.CompletedTask;
        });
        Assert.Empty(_findings.All);
        await Fail(call, () => _mock.Map(_ioas, _mock.Allocate(), 1, 2 * MockHarness.Aperture));
        Assert.Equal("I12", Assert.Single(_findings.All).Invariant);
    }

    public static TheoryData<string, string> Leftovers => new()
    {
        { "an object", "counts of object 4 was nothing, is 1/1" },
        { "a mapping", "area 0x2000000 of object 1 was nothing" },
        { "a reservation", "limits of object 1 was alignment 2048" },
        { "memory", "frames in use was" },
        { "a region", "region 0x1000 was nothing" },
        { "a descriptor", "open files was 0, is 1" },
        { "the IOAS of VFIO", "the IOAS of VFIO was 0, is 1" },
        { "an attachment", "object 2 was" },
    };

    [Theory]
    [MemberData(nameof(Leftovers))]
    public async Task What_a_failed_call_leaves_is_found_as_I12(string what, string expected)
    {
        await Fail(new IoasAlloc(), () => Leave(what));
        var found = Assert.Single(_findings.All);
        Assert.Equal("I12", found.Invariant);
        Assert.Contains((string[])[found.What, .. found.Details], difference => difference.Contains(expected));
    }

    /// <summary>A call that says it has failed, and has done something.</summary>
    private async Task Fail(Call call, Func<Task> leave)
    {
        var answer = await _checker.CallAsync(call, async () =>
        {
            await leave();
            return Errno.ENOMEM;
        });
        Assert.Equal(Errno.ENOMEM, answer.Errno);
    }

    private async Task Leave(string what)
    {
        switch (what)
        {
            case "an object":
                await _mock.Ioas();
                break;
            case "a mapping":
                await _mock.Map(_ioas, _mock.Allocate(), 1, 2 * MockHarness.Aperture);
                break;
            case "a reservation":
                await _mock.Value(new IoasAllowIovas(_ioas, [new IovaRange(MockHarness.Aperture, 2 * MockHarness.Aperture)]));
                break;
            case "memory":
                _mock.Allocate();
                break;
            case "a region":
                await _mock.Value(new ViommuAlloc(_device, _parent, ViommuType.Selftest, 0, new byte[24]));
                break;
            case "a descriptor":
                await _mock.Value(new MockDmabufGet(4096));
                break;
            case "the IOAS of VFIO":
                await _mock.Value(new VfioIoas(VfioIoasOp.Set, _ioas));
                break;
            case "an attachment":
                await _mock.Value(new DeviceAttach(_device, _parent));
                break;
        }
    }
}
