using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// Two accesses have pinned memory of one IOAS; one of them is moved to another IOAS, and what the other one has pinned is unmapped.
/// </summary>
internal sealed class ReplaceAccess : ModelScenario
{
    private ObjectId _source;
    private ObjectId _destination;
    private ObjectId _moved;

    public override string Name => "replace-access";

    public override string Summary => "an access is moved to another IOAS and detached, while what another one has pinned is unmapped";

    public override async Task SetUpAsync(World world)
    {
        (_, _source) = await DeviceAsync(world);
        _destination = await world.CallAsync(new IoasAlloc());
        await world.CallAsync(Map(world, _source));
        await world.CallAsync(Map(world, _source, Iova + Page));
        await PinAsync(world, Iova);
        _moved = await PinAsync(world, Iova + Page);
    }

    public override void Start(World world)
    {
        world.Caller("mover", async caller =>
        {
            await caller.CallAsync(new AccessReplace(_moved, _destination));
            await caller.CallAsync(new AccessDetach(_moved));
        });
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_source, Iova, Page)));
    }

    private async Task<ObjectId> PinAsync(World world, ulong iova)
    {
        var access = await world.CallAsync(new AccessCreate(true));
        await world.CallAsync(new AccessAttach(access, _source));
        await world.CallAsync(new AccessPin(access, iova, Page, true));
        return access;
    }
}
