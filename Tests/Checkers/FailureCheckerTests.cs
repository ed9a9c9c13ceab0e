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

    public async Task InitializeAsync()
    {
        await _mock.OpenAsync();
        _ioas = await _mock.Ioas();
        await _mock.Map(_ioas, _mock.Allocate(4), 4);
        await _mock.NestParent(await _mock.Bind(), _ioas);
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

    public static TheoryData<string, string> Leftovers => new()
    {
        { "an object", "counts of object 4 was nothing, is 1/1" },
        { "a mapping", "area 0x2000000 of object 1 was nothing" },
        { "a reservation", "limits of object 1 was alignment 2048" },
        { "memory", "frames in use was" },
    };

    [Theory]
    [MemberData(nameof(Leftovers))]
    public async Task What_a_failed_call_leaves_is_found_as_I12(string what, string expected)
    {
        var answer = await _checker.CallAsync(new IoasAlloc(), async () =>
        {
            await Leave(what);
            return Errno.ENOMEM;
        });

        Assert.Equal(Errno.ENOMEM, answer.Errno);
        var found = Assert.Single(_findings.All);
        Assert.Equal("I12", found.Invariant);
        Assert.Contains((string[])[found.What, .. found.Details], difference => difference.Contains(expected));
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
        }
    }
}
