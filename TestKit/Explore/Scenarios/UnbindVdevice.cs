using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A device is unbound while its vDEVICE is made, destroyed, and made again.</summary>
internal sealed class UnbindVdevice : ModelScenario
{
    private Guest _guest = null!;
    private ObjectId _vdevice;

    public override string Name => "unbind-vdevice";

    public override string Summary => "an unbind meets DESTROY of the device's vDEVICE, and VDEVICE_ALLOC of another";

    public override async Task SetUpAsync(World world)
    {
        _guest = await GuestAsync(world);
        _vdevice = await world.CallAsync(new VdeviceAlloc(_guest.Viommu, _guest.Device, 5));
    }

    public override void Start(World world)
    {
        world.Caller("unbinder", caller => caller.CallAsync(new DeviceUnbind(_guest.Device)));
        world.Caller("guest", async caller =>
        {
            await caller.CallAsync(new Destroy(_vdevice));
            await caller.CallAsync(new VdeviceAlloc(_guest.Viommu, _guest.Device, 6));
        });
    }
}
