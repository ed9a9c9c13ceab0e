using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Two devices are attached to an IOAS at once, and share the domain that the first makes; somebody tries to destroy it.</summary>
internal sealed class AutoDomains : ModelScenario
{
    private ObjectId _first;
    private ObjectId _second;
    private ObjectId _ioas;

    public override string Name => "auto-domains";

    public override string Summary => "two attaches to an IOAS, and their detaches, meet each other and DESTROY of the domain they make";

    public override async Task SetUpAsync(World world)
    {
        (_first, _ioas) = await DeviceAsync(world);
        _second = await world.CallAsync(new DeviceBind(OtherMock));
        await world.CallAsync(Map(world, _ioas));
    }

    public override void Start(World world)
    {
        world.Caller("first", caller => AttachAndDetachAsync(caller, _first));
        world.Caller("second", caller => AttachAndDetachAsync(caller, _second));
        world.Caller("destroyer", caller => caller.CallAsync(new Destroy(new ObjectId(4))));
    }

    private async Task AttachAndDetachAsync(Caller caller, ObjectId device)
    {
        await caller.CallAsync(new DeviceAttach(device, _ioas));
        await caller.CallAsync(new DeviceDetach(device));
    }
}
