using Akka.Actor;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// An actor is thrown down, and its context is brought back from its journal while calls go on: each is answered, by the incarnation that
/// fails or by the next one, and what was acknowledged by either is there.
/// </summary>
/// <param name="what">The actor, in a word.</param>
/// <param name="victim">It: of a context and an IOAS of that.</param>
internal sealed class RestartCalls(string what, Func<World, ObjectId, IActorRef> victim) : ModelScenario
{
    private ObjectId _device;
    private ObjectId _ioas;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new RestartCalls("context", (world, _) => world.Context.Actor),
        new RestartCalls("ioas", (world, ioas) => world.Context.Table.Find(ioas)!.Actor),
    ];

    public override string Name => $"restart-{what}";

    public override string Summary => $"the recovery of a context whose {what} was thrown down meets calls";

    public override bool Restarts => true;

    public override async Task SetUpAsync(World world)
    {
        (_device, _ioas) = await DeviceAsync(world);
        await world.CallAsync(Map(world, _ioas));
    }

    public override void Start(World world)
    {
        world.Caller("fault", _ =>
        {
            victim(world, _ioas).Tell(Kill.Instance);
            return Task.CompletedTask;
        });
        world.Caller("mapper", async caller =>
        {
            await caller.CallAsync(Map(world, _ioas, Iova + Page));
            await caller.CallAsync(new IoasUnmap(_ioas, Iova, Page));
            await caller.CallAsync(Map(world, _ioas, Iova + 2 * Page));
        });
        world.Caller("builder", async caller =>
        {
            await caller.CallAsync(new HwptAlloc(_device, _ioas));
            await caller.CallAsync(new IoasAlloc());
        });
    }
}
