using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A device is unbound while it is attached, moved, and asked for.</summary>
internal sealed class UnbindAttach : ModelScenario
{
    private Guest _guest = null!;
    private ObjectId _nested;

    public override string Name => "unbind-attach";

    public override string Summary => "an unbind meets attach, replace and detach of its device, and GET_HW_INFO";

    public override async Task SetUpAsync(World world)
    {
        _guest = await GuestAsync(world);
        _nested = await world.CallAsync(new HwptAlloc(_guest.Device, _guest.Ioas));
        await world.CallAsync(new DeviceAttach(_guest.Device, _guest.Parent));
    }

    public override void Start(World world)
    {
        world.Caller("unbinder", caller => caller.CallAsync(new DeviceUnbind(_guest.Device)));
        world.Caller("mover", async caller =>
        {
            await caller.CallAsync(new DeviceAttach(_guest.Device, _nested));
            await caller.CallAsync(new DeviceAttach(_guest.Device, _guest.Ioas));
            await caller.CallAsync(new DeviceDetach(_guest.Device));
        });
        world.Caller("asker", caller => caller.CallAsync(new GetHwInfo(_guest.Device)));
    }
}
