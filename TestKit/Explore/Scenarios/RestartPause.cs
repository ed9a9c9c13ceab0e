using Akka.Actor;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// A context is thrown down, and again while it is being brought back: its supervisor pauses before it tries once more. The pause may be
/// over at any turn.
/// </summary>
internal sealed class RestartPause : ModelScenario
{
    private const int PausesBetween = 8;

    private ObjectId _ioas;

    public override string Name => "restart-pause";

    public override string Summary => "a context fails again in its recovery, which meets calls; its pause ends at any turn";

    public override bool Restarts => true;

    public override int TimersMax => 2;

    /// <summary>Above the supervisor's pauses, and below what a recovery and a caller have for themselves.</summary>
    public override TimeSpan Patience => TimeSpan.FromSeconds(5);

    public override async Task SetUpAsync(World world)
    {
        _ioas = await world.CallAsync(new IoasAlloc());
        await world.CallAsync(Map(world, _ioas));
    }

    public override void Start(World world)
    {
        world.Caller("fault", async caller =>
        {
            // The next incarnation has it too.
            var path = world.Context.Actor.Path.ToStringWithoutAddress();
            world.Context.Actor.Tell(Kill.Instance);
            for (var i = 0; i < PausesBetween; i++) await caller.PauseAsync();
            world.System.ActorSelection(path).Tell(Kill.Instance);
        });
        world.Caller("mapper", async caller =>
        {
            for (var i = 1UL; i < 4; i++) await caller.CallAsync(Map(world, _ioas, Iova + i * Page));
        });
    }
}
