using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>Found by crash runs (seed 1128): a copy whose areas meet where no page of the destination's domain can begin.</summary>
public class MisalignedCopyTests
{
    private const ulong Aperture = 1 << 24;
    private static readonly ulong Memory = ModelWorld.Describe().Memory[0].Start;

    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;

    [Theory]
    [InlineData("iommufd_mock0", Errno.ENXIO)]
    [InlineData("first-dev0", Errno.None)]
    public async Task A_copy_of_areas_that_meet_within_a_page_is_what_the_domain_says_of_it(string device, Errno errno) =>
        await AgreeAsync(
        [
            .. Prepared, (new DeviceBind(device), Errno.None), (new HwptAlloc(new(3), new(2)), Errno.None),
            (new IoasCopy(new(2), new(1), IoasMapFlags.Readable, 0x2000, Aperture, 0), errno),
        ]);

    [Fact]
    public async Task A_domain_that_comes_later_says_the_same_of_the_areas_of_a_copy() => await AgreeAsync(
        [
            .. Prepared, (new DeviceBind("first-dev0"), Errno.None), (new HwptAlloc(new(3), new(2)), Errno.None),
            (new IoasCopy(new(2), new(1), Fixed, 0x2000, Aperture, Aperture), Errno.None),
            (new DeviceBind("iommufd_mock0"), Errno.None), (new HwptAlloc(new(5), new(2)), Errno.ENXIO),
        ]);

    /// <summary>Two IOASes; in the first 0x1001 bytes and 0xfff bytes, one behind the other.</summary>
    private static List<(Call Call, Errno Errno)> Prepared =>
    [
        (new IoasAlloc(), Errno.None), (new IoasAlloc(), Errno.None),
        (new IoasMap(new(1), Fixed, Memory, 0x1001, Aperture), Errno.None),
        (new IoasMap(new(1), Fixed, Memory + 0x2000, 0xfff, Aperture + 0x1001), Errno.None),
    ];

    private static async Task AgreeAsync(List<(Call Call, Errno Errno)> calls)
    {
        await using var world = await ModelWorld.OpenAsync();
        var model = new IommufdModel(world.Machine, ModelState.Empty);
        foreach (var (call, errno) in calls)
        {
            Assert.Equal((errno, call), ((await world.CallAsync(call)).Errno, call));
            Assert.Equal((errno, call), (model.Step(call).Errno, call));
        }
    }
}
