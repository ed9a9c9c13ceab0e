using Akka.Actor;

namespace Iommu.Replay;

internal sealed partial class DeterministicRuntime
{
    // Virtual time after which a wait without a limit of its own counts as blocked, when only periodic timers keep the run alive.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly object _pumpLock = new();
    private readonly PumpContext _context;
    private int _pumpThread;

    /// <summary>Whether this thread is running the system now, so that waiting would be waiting for itself.</summary>
    public bool IsPumping => Volatile.Read(ref _pumpThread) == Environment.CurrentManagedThreadId;

    public override void AwaitReply(AskRef ask)
    {
        ask.AskedAt = Elapsed;
        Note(ask);
        if (Volatile.Read(ref _pumpThread) != 0) return;
        try
        {
            RunUntil(() => ask.Reply.IsCompleted, null, () => $"an Ask of {ask.Question} to {ask.Target}", patient: ask.HasTimeout);
        }
        catch (RunBlockedException e)
        {
            ask.Fail(e);
        }
    }

    public override void RunUntilCompleted(Task task, string what)
    {
        if (!IsPumping) RunUntil(() => task.IsCompleted, null, () => what);
    }

    /// <summary>
    /// Takes turns until the condition holds. False when the virtual time given has passed before that; without a limit, a run
    /// that cannot go on throws; one that only periodic timers keep alive can go on if the caller is patient.
    /// </summary>
    public bool RunUntil(Func<bool> condition, TimeSpan? limit, Func<string> what, bool patient = false)
    {
        if (IsPumping) throw new InvalidOperationException(
            "The system is already running on this thread: an actor's turn may not wait for others.");
        return Pumping(() =>
        {
            var deadline = limit is null && patient ? TimeSpan.MaxValue : Elapsed + (limit ?? Patience);
            while (!condition())
            {
                if (TakeTurn()) continue;
                if (LetIn(canAdvance: _timers.NextDue is not null)) continue;
                if (Advance(deadline)) continue;
                if (limit is null) throw Blocked(what());
                _timers.AdvanceTo(deadline);
                return condition();
            }
            return true;
        });
    }

    /// <summary>Takes turns until none is left at the present virtual time.</summary>
    public void RunUntilIdle() => Pumping(() =>
    {
        do
        {
            FireDueTimers();
            while (TakeTurn()) { }
        }
        while (LetIn(canAdvance: true) || _timers.NextDue <= Elapsed);
        return true;
    });

    /// <summary>Takes one turn, moving time when it must; false when nothing can happen any more.</summary>
    public bool Step() => Pumping(() =>
    {
        while (!TakeTurn())
            if (!LetIn(canAdvance: true) && !Advance(TimeSpan.MaxValue))
                return false;
        return true;
    });

    public override void Resolve(Action complete) => WithoutContext(complete);

    /// <summary>
    /// Runs without a synchronization context: .NET sends a continuation that asked for none to the thread pool when the thread
    /// that completes its task has one.
    /// </summary>
    public static void WithoutContext(Action action)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    public bool IsTimerDue(TimeSpan within) => _timers.NextDue <= Elapsed + within;

    public void PassTime() => Advance(TimeSpan.MaxValue);

    private bool Advance(TimeSpan deadline)
    {
        if (_timers.NextDue is not { } due || due > deadline) return false;
        _timers.AdvanceTo(due);
        FireDueTimers();
        return true;
    }

    private T Pumping<T>(Func<T> run)
    {
        lock (_pumpLock)
        {
            var outer = SynchronizationContext.Current;
            Volatile.Write(ref _pumpThread, Environment.CurrentManagedThreadId);
            SynchronizationContext.SetSynchronizationContext(_context);
            try
            {
                return run();
            }
            finally
            {
                Volatile.Write(ref _pumpThread, 0);
                SynchronizationContext.SetSynchronizationContext(outer);
            }
        }
    }
}
