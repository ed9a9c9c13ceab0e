using Akka.Actor;
using Akka.Actor.Internal;

namespace Iommu.Replay;

/// <summary>The controls of an actor system in deterministic mode (iommu.replay.mode = deterministic).</summary>
public sealed class ReplaySystem
{
    private readonly DeterministicRuntime _runtime;

    private ReplaySystem(DeterministicRuntime runtime) => _runtime = runtime;

    public long Seed => _runtime.Seed;

    /// <summary>Virtual time since the system began.</summary>
    public TimeSpan Now => _runtime.Elapsed;

    /// <summary>How many turns were taken and timers fired.</summary>
    public long Steps => _runtime.Steps;

    /// <summary>Every turn so far, when iommu.replay.trace = on.</summary>
    public IReadOnlyList<TraceStep> Trace => _runtime.Trace;

    /// <summary>What was chosen wherever two or more turns were possible; a <see cref="ReplayedSchedule"/> repeats it.</summary>
    public IReadOnlyList<int> Choices => _runtime.Choices;

    /// <summary>Who decides which turn is next; the seed, unless it is replaced.</summary>
    public ISchedule Schedule
    {
        get => _runtime.Schedule;
        set => _runtime.Schedule = value;
    }

    /// <summary>What stands before the mailboxes of all actors; null for nothing.</summary>
    public IMessageFilter? Filter
    {
        get => _runtime.Filter;
        set => _runtime.Filter = value;
    }

    /// <exception cref="InvalidOperationException">The system is not in deterministic mode.</exception>
    public static ReplaySystem Of(ActorSystem system) => TryOf(system)
        ?? throw new InvalidOperationException(
            $"Actor system {system.Name} is not in deterministic mode (iommu.replay.mode = deterministic).");

    /// <summary>The controls, or null when the system runs in parallel mode.</summary>
    public static ReplaySystem? TryOf(ActorSystem system) =>
        ((ActorSystemImpl)system).Runtime is DeterministicRuntime runtime ? new ReplaySystem(runtime) : null;

    /// <summary>Takes turns until none is left at the present virtual time.</summary>
    public void RunUntilIdle() => _runtime.RunUntilIdle();

    /// <summary>Takes turns, moving virtual time when it must; false when the condition did not hold in the time given.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan virtualTimeout) => _runtime.RunUntil(condition, virtualTimeout, static () => "");

    /// <summary>Runs the system for this much virtual time.</summary>
    public void RunFor(TimeSpan virtualTime) => RunUntil(static () => false, virtualTime);

    /// <summary>Takes one turn, moving virtual time when it must; false when nothing can happen any more.</summary>
    public bool Step() => _runtime.Step();

    /// <summary>Whether a timer is due within this much virtual time.</summary>
    public bool IsTimerDue(TimeSpan within) => _runtime.IsTimerDue(within);

    /// <summary>
    /// Lets virtual time pass until the next timer is due, which goes off, though turns are possible: as if those took that long.
    /// </summary>
    public void PassTime() => _runtime.PassTime();

    /// <summary>Who waits for whom now, a line each: asks, unfinished async handlers, suspended actors, stashes.</summary>
    public string WaitReport() => _runtime.WaitReport();
}
