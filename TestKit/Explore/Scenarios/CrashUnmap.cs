using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Several areas are unmapped, mapped and copied while the simulator crashes. What was not unmapped yet is mapped again.</summary>
internal sealed class CrashUnmap : ModelScenario
{
    private ObjectId _ioas;
    private ObjectId _other;

    public override string Name => "crash-unmap";

    public override string Summary => "IOAS_UNMAP of several areas meets IOAS_MAP and IOAS_COPY, and a crash at any moment";

    public override int CrashesMax => 1;

    public override async Task SetUpAsync(World world)
    {
        (var device, _ioas) = await DeviceAsync(world);
        _other = await world.CallAsync(new IoasAlloc());
        await world.CallAsync(new HwptAlloc(device, _ioas));
        for (var i = 0UL; i < 3; i++) await world.CallAsync(Map(world, _ioas, Iova + i * Page));
    }

    public override void Start(World world)
    {
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, 3 * Page)));
        world.Caller("mapper", async caller =>
        {
            await caller.CallAsync(Map(world, _ioas, Iova + 4 * Page));
            await caller.CallAsync(Map(world, _ioas, Iova));
        });
        world.Caller("copier", caller => caller.CallAsync(new IoasCopy(
            _other, _ioas, Messages.Uapi.IoasMapFlags.FixedIova | Messages.Uapi.IoasMapFlags.Readable, Page, Iova, Iova + Page)));
    }

    public override void Resume(World world) => world.Caller("next", async caller =>
    {
        await caller.CallAsync(new IoasUnmap(_ioas, 0, ulong.MaxValue));
        await caller.CallAsync(Map(world, _ioas));
    });
}
