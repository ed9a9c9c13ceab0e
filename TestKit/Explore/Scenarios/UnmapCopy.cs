using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A copy of a part of an area is unmapped, while an access on the other IOAS pins pages that both show.</summary>
internal sealed class UnmapCopy : ModelScenario
{
    private ObjectId _source;
    private ObjectId _copy;
    private ObjectId _access;

    public override string Name => "unmap-copy";

    public override string Summary => "IOAS_UNMAP of a copy meets pins and unpins of its pages by an access on the source";

    public override async Task SetUpAsync(World world)
    {
        (var device, _source) = await DeviceAsync(world);
        _copy = await world.CallAsync(new IoasAlloc());
        await world.CallAsync(new HwptAlloc(device, _source));
        await world.CallAsync(new HwptAlloc(device, _copy));
        await world.CallAsync(Map(world, _source, pages: 4));
        await world.CallAsync(new IoasCopy(_copy, _source, IoasMapFlags.FixedIova | IoasMapFlags.Readable, 2 * Page, Iova, Iova));
        _access = await world.CallAsync(new AccessCreate(true));
        await world.CallAsync(new AccessAttach(_access, _source));
    }

    public override void Start(World world)
    {
        world.Caller("driver", async caller =>
        {
            await caller.CallAsync(new AccessPin(_access, Iova, Page, true));
            await caller.CallAsync(new AccessUnpin(_access, Iova, Page));
        });
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_copy, Iova, 2 * Page)));
    }
}
