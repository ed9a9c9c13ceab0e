using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A region of a vIOMMU is mapped while the vIOMMU is destroyed.</summary>
internal sealed class MmapDestroy : ModelScenario
{
    private const ulong Offset = Page;
    private const ulong RegionBytes = 2 * Page;

    private ObjectId _viommu;

    public override string Name => "mmap-destroy";

    public override string Summary => "mmap() of a vIOMMU's region, and its end, meet DESTROY of the vIOMMU";

    public override async Task SetUpAsync(World world)
    {
        var (device, ioas) = await DeviceAsync(world);
        var parent = await world.CallAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        _viommu = await world.CallAsync(new ViommuAlloc(device, parent, ViommuType.Selftest, Data: new byte[24]));
    }

    public override void Start(World world)
    {
        world.Caller("mapper", async caller =>
        {
            var mapped = await caller.CallAsync(new Mmap(Offset, RegionBytes));
            if (mapped.Errno == Errno.None) await caller.CallAsync(new Munmap(Offset));
        });
        world.Caller("destroyer", caller => caller.CallAsync(new Destroy(_viommu)));
    }
}
