using Akka.Actor;

namespace Iommu.Replay;

internal sealed partial class DeterministicRuntime
{
    // Real time granted to tasks outside the scheduler: before virtual time moves on, and before the run counts as blocked.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongGrace = TimeSpan.FromSeconds(10);

    private readonly Queue<Action> _inbox = [];
    private readonly HashSet<AskRef> _asks = new(ReferenceEqualityComparer.Instance);
    private readonly List<ExternalWait> _externals = [];
    private int _pruneAt = 64;

    /// <summary>Runs the action now when the scheduler's own thread brings it, and otherwise when nothing else can run.</summary>
    public override void Post(Action action)
    {
        if (IsPumping)
        {
            action();
            return;
        }
        lock (_inbox)
        {
            _inbox.Enqueue(action);
            Monitor.Pulse(_inbox);
        }
    }

    public override IDisposable? ExternalStarted(ActorCell? owner, Task task, string what)
    {
        var wait = new ExternalWait(this, owner, task, what);
        lock (_externals) _externals.Add(wait);
        return wait;
    }

    public void EndExternal(ExternalWait wait)
    {
        lock (_externals) _externals.Remove(wait);
    }

    private void Note(AskRef ask)
    {
        lock (_asks)
        {
            _asks.Add(ask);
            if (_asks.Count < _pruneAt) return;
            _asks.RemoveWhere(static a => a.Reply.IsCompleted);
            _pruneAt = Math.Max(64, _asks.Count * 2);
        }
    }

    private List<AskRef> PendingAsks()
    {
        lock (_asks) return [.. _asks.Where(static a => !a.Reply.IsCompleted)];
    }

    /// <summary>Tasks that no pending Ask explains: something outside the scheduler must end them.</summary>
    private bool WaitsForOutside()
    {
        lock (_externals)
        {
            if (_externals.Count == 0) return false;
            var asks = PendingAsks();
            return _externals.Exists(wait => !asks.Exists(ask => ask.Asker == wait.Owner));
        }
    }

    private bool LetIn(bool canAdvance)
    {
        var until = Environment.TickCount64 + (long)(canAdvance ? Grace : LongGrace).TotalMilliseconds;
        while (true)
        {
            if (TryTakeInbox(out var action))
            {
                do action();
                while (TryTakeInbox(out action));
                return true;
            }
            lock (_runnable)
                if (_runnable.Count > 0)
                    return true;
            var left = until - Environment.TickCount64;
            if (left <= 0 || !WaitsForOutside()) return false;
            lock (_inbox)
                if (_inbox.Count == 0)
                    Monitor.Wait(_inbox, (int)Math.Min(left, 10));
        }
    }

    private bool TryTakeInbox(out Action action)
    {
        lock (_inbox) return _inbox.TryDequeue(out action!);
    }
}
