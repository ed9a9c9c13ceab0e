using Iommu.TestKit.Crash.Simulated;

namespace Iommu.TestKit.Explore;

/// <summary>
/// Whether the simulator crashes before the next turn, and what is durable then: one choice, at each turn that would leave something else
/// than the one before, of the journal or of what callers know.
/// </summary>
/// <param name="choices">Takes it.</param>
/// <param name="world">What crashes.</param>
internal sealed class CrashChoice(Choices choices, World world)
{
    /// <summary>About as many times as a schedule can ask.</summary>
    private const int OneIn = 16;

    private const int LeftMax = 64;

    private (int, long, bool) _seen = (-1, -1, false);

    /// <summary>What the crash has left; null before it.</summary>
    public SimulatedDatabase? Left { get; private set; }

    public bool IsTaken()
    {
        var store = world.Store!;
        var now = (store.Version, world.Moment, world.IsOpen);
        if (Left is not null || now == _seen) return Left is not null;
        _seen = now;
        List<SimulatedDatabase> left = [.. store.AfterCrash().Take(LeftMax)];
        var chosen = choices.Alternative("crash", left.Count + 1, OneIn);
        if (chosen == 0) return false;
        Left = left[chosen - 1];
        choices.Crash(new CrashNote(Words(store, Left)));
        return true;
    }

    private static string Words(SimulatedStore store, SimulatedDatabase left)
    {
        if (store.Pending.IsEmpty) return "the simulator crashes: nothing was being written";
        var kept = store.Pending.Sum(write => left.Highest(write.Stream) - store.Durable.Highest(write.Stream));
        var all = store.Pending.Sum(write => write.First(write.Writes.Length).Count());
        return $"the simulator crashes: {kept} of {all} unconfirmed events are durable";
    }
}
