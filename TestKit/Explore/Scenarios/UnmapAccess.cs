using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Memory that an access has pinned is unmapped, while it pins more, and a domain is filled with it.</summary>
internal sealed class UnmapAccess : ModelScenario
{
    private ObjectId _device;
    private ObjectId _ioas;
    private ObjectId _access;

    public override string Name => "unmap-access";

    public override string Summary => "IOAS_UNMAP meets pins of an access, and HWPT_ALLOC that fills a domain";

    public override async Task SetUpAsync(World world)
    {
        (_device, _ioas) = await DeviceAsync(world);
        await world.CallAsync(Map(world, _ioas, pages: 2));
        _access = await world.CallAsync(new AccessCreate(true));
        await world.CallAsync(new AccessAttach(_access, _ioas));
    }

    public override void Start(World world)
    {
        world.Caller("driver", async caller =>
        {
            await caller.CallAsync(new AccessPin(_access, Iova, Page, true));
            await caller.CallAsync(new AccessRead(_access, Iova + Page, 16));
        });
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, 2 * Page)));
        world.Caller("builder", caller => caller.CallAsync(new HwptAlloc(_device, _ioas)));
    }
}
