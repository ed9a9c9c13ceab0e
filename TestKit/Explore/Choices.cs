using Iommu.Replay;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.TestKit.Explore;

/// <summary>
/// The one place that choices of a run come from: it asks the strategy, and writes down what is another one than by default. By default
/// turns go in the order in which they became possible, and nothing happens that may not. A turn that others were let go before is a
/// <see cref="Delay"/>: it is written down with the turn after which it came, so that a schedule is the same without the others.
/// </summary>
internal sealed class Choices(Strategy strategy) : ISchedule
{
    private const int FailureOneIn = 6;

    private readonly Dictionary<ITurn, Turn> _turns = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, TurnTaker> _takers = [];
    private readonly List<Turn> _runnable = [];
    private readonly List<Delay> _delays = [];
    private readonly List<Happening> _happenings = [];
    private readonly Dictionary<string, int> _asked = [];

    public IReadOnlyList<Delay> Delays => _delays;

    public IReadOnlyList<Happening> Happenings => _happenings;

    /// <summary>Turns taken.</summary>
    public int Steps { get; private set; }

    /// <summary>The turn under way, or the last one.</summary>
    public TurnName Current { get; private set; } = TurnName.None;

    /// <summary>Of all turns in their order.</summary>
    public ulong Order { get; private set; }

    /// <summary>Of the turns of each actor in their order: runs that only differ in the order of different actors have the same.</summary>
    public ulong Shape { get; private set; }

    /// <summary>Is told each turn and its message, before it is taken.</summary>
    public Action<TurnName, object?>? OnTurn { get; set; }

    public int Choose(IReadOnlyList<ITurn> runnable)
    {
        _runnable.Clear();
        foreach (var turn in runnable) _runnable.Add(Find(turn));
        var chosen = strategy.Turn(_runnable);
        for (var i = 0; i < chosen; i++) _runnable[i].WasPassed = true;
        return chosen;
    }

    public void Taking(ITurn source)
    {
        var turn = Find(source);
        if (turn.WasPassed) _delays.Add(new Delay(turn.Name, Current));
        Current = turn.Name;
        Steps++;
        var message = source.Message;
        var (taker, step) = (turn.Taker, Fingerprint.Of(message?.GetType()));
        Order = Fingerprint.Then(Order, Fingerprint.Then(taker.Hash, step));
        Shape -= taker.Past;
        taker.Past = Fingerprint.Then(taker.Past + taker.Hash, step);
        Shape += taker.Past;
        OnTurn?.Invoke(Current, message);
        strategy.Taking(turn);
        (turn.WasPassed, turn.Number) = (false, 0);
    }

    /// <summary>One of several things happens.</summary>
    /// <param name="what">What it is about.</param>
    /// <param name="count">How many; 0 is that nothing does.</param>
    /// <param name="oneIn">How rare it is where that is left to chance.</param>
    public int Alternative(string what, int count, int oneIn = FailureOneIn)
    {
        var nth = _asked[what] = _asked.GetValueOrDefault(what) + 1;
        var chosen = strategy.Alternative(what, count, oneIn);
        if (chosen == 0) return 0;
        _happenings.Add(new Happening(what, nth, chosen));
        Order = Fingerprint.Then(Order, Fingerprint.Of(what) + (ulong)chosen);
        Shape += Fingerprint.Then(Fingerprint.Of(what), (ulong)(nth * 64 + chosen));
        return chosen;
    }

    /// <summary>A crash, in its place among the turns. What was let wait and has not come by then has waited for it.</summary>
    public void Crash(CrashNote note)
    {
        Current = new TurnName(CrashNote.Who, ++TakerOf(CrashNote.Who).Seen);
        _delays.AddRange(_turns.Values.Where(turn => turn.WasPassed).Select(turn => new Delay(turn.Name, Current)));
        _turns.Clear();
        OnTurn?.Invoke(Current, note);
        strategy.Crashed(Current);
    }

    private Turn Find(ITurn source)
    {
        if (!_turns.TryGetValue(source, out var turn)) _turns[source] = turn = new Turn(source, TakerOf(source.Actor));
        if (turn.Number == 0) turn.Number = ++turn.Taker.Seen;
        return turn;
    }

    private TurnTaker TakerOf(string name)
    {
        if (!_takers.TryGetValue(name, out var taker)) _takers[name] = taker = new TurnTaker(name);
        return taker;
    }
}
