using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>What is being made meets the end of what it is made on.</summary>
internal sealed class DestroyParent : ModelScenario
{
    private ObjectId _device;
    private ObjectId _ioas;

    public override string Name => "destroy-parent";

    public override string Summary => "HWPT_ALLOC meets DESTROY of its IOAS";

    public override async Task SetUpAsync(World world) => (_device, _ioas) = await DeviceAsync(world);

    public override void Start(World world)
    {
        world.Caller("builder", async caller =>
        {
            var made = await caller.CallAsync(new HwptAlloc(_device, _ioas));
            if (made.Errno == Errno.None) await caller.CallAsync(new Destroy(made.Id));
        });
        world.Caller("destroyer", async caller =>
        {
            if ((await caller.CallAsync(new Destroy(_ioas))).Errno != Errno.None) await caller.CallAsync(new Destroy(_ioas));
        });
    }
}
