using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>Found by crash runs (seed 1128): a copy whose areas meet where no page of the destination's domain can begin.</summary>
public class MisalignedCopyTests
{
    private const ulong Aperture = 1 << 24;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;

    [Theory]
    [InlineData("iommufd_mock0", Errno.ENXIO)]
    [InlineData("first-dev0", Errno.None)]
    public async Task A_copy_of_areas_that_meet_within_a_page_is_what_the_domain_says_of_it(string device, Errno errno)
    {
        await using var world = await ModelWorld.OpenAsync();
        var model = new IommufdModel(world.Machine, ModelState.Empty);
        var memory = world.Machine.Memory[0].Start;
        await Agree(new DeviceBind(device), Errno.None);
        await Agree(new IoasAlloc(), Errno.None);
        await Agree(new IoasAlloc(), Errno.None);
        // 0x1001 bytes and 0xfff bytes, one behind the other.
        await Agree(new IoasMap(new(2), Fixed, memory, 0x1001, Aperture), Errno.None);
        await Agree(new IoasMap(new(2), Fixed, memory + 0x2000, 0xfff, Aperture + 0x1001), Errno.None);
        await Agree(new HwptAlloc(new(1), new(3)), Errno.None);
        await Agree(new IoasCopy(new(3), new(2), IoasMapFlags.Readable, 0x2000, Aperture, 0), errno);

        async Task Agree(Call call, Errno expected)
        {
            Assert.Equal(expected, (await world.CallAsync(call)).Errno);
            Assert.Equal(expected, model.Step(call).Errno);
        }
    }
}
