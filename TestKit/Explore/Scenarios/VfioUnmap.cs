using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>VFIO unmaps a range that ends inside an area: what comes before that is gone, and its length is told.</summary>
internal sealed class VfioUnmap : ModelScenario
{
    private ObjectId _ioas;

    public override string Name => "vfio-unmap";

    public override string Summary => "VFIO_IOMMU_UNMAP_DMA of an area and a half meets IOAS_MAP where the first was";

    public override async Task SetUpAsync(World world)
    {
        _ioas = await world.CallAsync(new VfioAttachGroup());
        var device = await world.CallAsync(new DeviceBind(Alone));
        await world.CallAsync(new HwptAlloc(device, _ioas));
        var memory = world.Model!.Machine.Memory[0].Start;
        await world.CallAsync(new VfioMapDma(Read: true, Write: true, memory, Iova, Page));
        await world.CallAsync(new VfioMapDma(Read: true, Write: true, memory + Page, Iova + Page, 2 * Page));
    }

    public override void Start(World world)
    {
        world.Caller("mapper", async caller =>
        {
            for (var i = 0; i < 2; i++) await caller.CallAsync(Map(world, _ioas));
        });
        world.Caller("unmapper", caller => caller.CallAsync(new VfioUnmapDma(Iova, 2 * Page)));
    }
}
