using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Actor.Scheduler;
using Akka.Dispatch;

namespace Iommu.Replay;

/// <summary>
/// One thread, one message a turn, virtual time. Whoever waits from outside (an Ask, a test kit, Terminate) runs the system on
/// its own thread until what it waits for has happened. What other threads bring in is let in only when nothing else can run.
/// </summary>
internal sealed partial class DeterministicRuntime : Runtime
{
    private readonly List<IRunnableTurn> _runnable = [];
    private readonly List<int> _choices = [];
    private readonly List<TraceStep> _trace = [];
    private readonly VirtualTimers _timers = new();
    private readonly SplitMix _guids;
    private readonly bool _tracing;
    private long _step;

    public DeterministicRuntime(ActorSystemImpl system, long seed, bool tracing)
    {
        System = system;
        Seed = seed;
        Schedule = new SeededSchedule(seed);
        _guids = new SplitMix(~seed);
        _tracing = tracing;
        _context = new PumpContext(this);
    }

    public ActorSystemImpl System { get; }

    public long Seed { get; }

    public ISchedule Schedule { get; set; }

    public IReadOnlyList<TraceStep> Trace => _trace;

    public IReadOnlyList<int> Choices => _choices;

    public long Steps => _step;

    public override TimerService Timers => _timers;

    public override TimeSpan Elapsed => _timers.Elapsed;

    public override DateTime UtcNow => VirtualTimers.Epoch + _timers.Elapsed;

    public override bool IsDeterministic => true;

    public override void Enqueue(ActorCell cell)
    {
        // A suspended actor that gets ordinary messages has no turn to take until it is resumed.
        if (cell.CanTakeTurn) Add(cell);
        else cell.ForgoTurn();
    }

    public override void Enqueue(Action action) => Add(new ActionTurn("action", action));

    public override Guid NewGuid() => _guids.NextGuid();

    public override void Complete(AskRef ask, object reply) => Add(new ReplyTurn(ask, reply));

    public override void Shutdown() => _timers.Clear();

    public void Add(IRunnableTurn turn)
    {
        lock (_runnable) _runnable.Add(turn);
    }

    private bool TakeTurn()
    {
        IRunnableTurn turn;
        lock (_runnable)
        {
            var count = _runnable.Count;
            if (count == 0) return false;
            var index = count == 1 ? 0 : Schedule.Choose(_runnable);
            if (count > 1) _choices.Add(index);
            turn = _runnable[index];
            _runnable.RemoveAt(index);
            _step++;
            if (_tracing) _trace.Add(new TraceStep(_step, turn.Actor, Summary(turn.Message), Elapsed, index, count));
        }
        Schedule.Taking(turn);
        turn.Take();
        return true;
    }

    private void FireDueTimers()
    {
        while (_timers.TryTakeDue(out var entry))
        {
            if (entry.IsCancellationRequested) continue;
            _step++;
            if (_tracing) _trace.Add(new TraceStep(_step, "timer", entry.ToString(), Elapsed, 0, 1));
            entry.Fire();
            _timers.Repeat(entry);
        }
    }

    private static string Summary(object? message)
    {
        if (message is null) return "";
        var name = message.GetType().Name;
        var text = message.ToString();
        if (text is null || text == message.GetType().ToString()) return name;
        return text.StartsWith(name, StringComparison.Ordinal) ? text : $"{name} {text}";
    }
}
