using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Objects of a guest and a domain are being made, each step may fail, and the simulator crashes, in recovery too.</summary>
internal sealed class CrashCreate : ModelScenario
{
    private ObjectId _device;
    private ObjectId _ioas;
    private ObjectId _parent;

    public override string Name => "crash-create";

    public override string Summary => "creating calls that meet, of which a step may fail, and a crash at any moment, in recovery too";

    public override int FailuresMax => 1;

    public override int CrashesMax => 2;

    public override async Task SetUpAsync(World world)
    {
        (_device, _ioas) = await DeviceAsync(world);
        _parent = await world.CallAsync(new HwptAlloc(_device, _ioas, HwptAllocFlags.NestParent));
    }

    public override void Start(World world)
    {
        world.Caller("guest", async caller =>
        {
            var viommu = await caller.CallAsync(new ViommuAlloc(_device, _parent, ViommuType.Selftest));
            if (viommu.Errno == Errno.None) await caller.CallAsync(new VdeviceAlloc(viommu.Id, _device, 7));
        });
        world.Caller("builder", async caller =>
        {
            var made = await caller.CallAsync(new HwptAlloc(_device, _ioas, HwptAllocFlags.DirtyTracking));
            if (made.Errno == Errno.None) await caller.CallAsync(new Destroy(made.Id));
        });
    }

    /// <summary>Ids are given again as they would have been, and what holds a parent holds it still.</summary>
    public override void Resume(World world) => world.Caller("next", async caller =>
    {
        await caller.CallAsync(new IoasAlloc());
        await caller.CallAsync(new Destroy(_parent));
    });
}
