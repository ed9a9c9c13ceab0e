using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// Memory that an access has pinned is unmapped, while it is read, and a domain is filled with it. The pin is older: who owns the access
/// is not who calls here, and must know of it when it is asked to let go.
/// </summary>
internal sealed class UnmapAccess : ModelScenario
{
    private ObjectId _device;
    private ObjectId _ioas;
    private ObjectId _access;

    public override string Name => "unmap-access";

    public override string Summary => "IOAS_UNMAP of what an access has pinned meets its reads, and HWPT_ALLOC that fills a domain";

    public override async Task SetUpAsync(World world)
    {
        (_device, _ioas) = await DeviceAsync(world);
        await world.CallAsync(Map(world, _ioas, pages: 2));
        _access = await world.CallAsync(new AccessCreate(true));
        await world.CallAsync(new AccessAttach(_access, _ioas));
        await world.CallAsync(new AccessPin(_access, Iova, Page, true));
    }

    public override void Start(World world)
    {
        world.Caller("driver", async caller =>
        {
            await caller.CallAsync(new AccessRead(_access, Iova, 16));
            await caller.CallAsync(new AccessRead(_access, Iova + Page, 16));
        });
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, 2 * Page)));
        world.Caller("builder", caller => caller.CallAsync(new HwptAlloc(_device, _ioas)));
    }
}
