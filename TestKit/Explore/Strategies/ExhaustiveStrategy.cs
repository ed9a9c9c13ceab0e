using Akka.Actor;

namespace Iommu.TestKit.Explore.Strategies;

/// <summary>
/// Every schedule, but for those that differ from another one only in the order of turns that do not interact: sleep sets (Godefroid,
/// 1996), depth first, from the order by default on. <see cref="Footprint"/> says what interacts, and so what a search that has come to
/// its end has shown: every order of what each actor gets and of what callers look up. Turns that meet nowhere but in hardware or memory
/// count as not interacting. After <see cref="DepthMax"/> choices the rest of a schedule is by default: one in which somebody asks again
/// and again would have no end.
/// </summary>
internal sealed class ExhaustiveStrategy : Strategy
{
    private const int DepthMax = 300;

    private readonly List<ChoicePoint> _path = [];
    private readonly HashSet<IActorRef> _told = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<IActorRef> _signalled = new(ReferenceEqualityComparer.Instance);
    private List<TakenTurn> _asleep = [];
    private Turn? _underWay;
    private TurnName _underWayName;
    private ChoicePoint? _chosenAt;
    private ChoicePoint? _underWayAt;
    private int _depth;
    private bool _asks;
    private bool _isRedundant;
    private bool _isOver;

    public override string Name => "exhaustive";

    public override bool IsComplete => _isOver;

    public override bool IsAbandoned => _isRedundant;

    public override bool WantsToldOf => true;

    public override bool Begin(int number)
    {
        Settle();
        while (number > 0 && _path.Count > 0 && !_path[^1].Next()) _path.RemoveAt(_path.Count - 1);
        _isOver = number > 0 && _path.Count == 0;
        (_depth, _isRedundant, _asleep, _chosenAt) = (0, false, [], null);
        return !_isOver;
    }

    public override int Turn(IReadOnlyList<Turn> runnable)
    {
        Settle();
        if (_depth == DepthMax) return 0;
        if (_depth == _path.Count) _path.Add(new ChoicePoint([.. runnable.Select(turn => turn.Name)], _asleep));
        var at = _path[_depth++];
        if (at.IsRedundant)
        {
            _isRedundant = true;
            return 0;
        }
        _chosenAt = at;
        _asleep = [.. at.Asleep];
        for (var i = 0; i < runnable.Count; i++)
            if (runnable[i].Name == at.ChosenTurn) return i;
        throw new InvalidOperationException($"the run has parted from itself: {at.ChosenTurn} is not possible here");
    }

    public override int Alternative(string what, int count, int oneIn)
    {
        if (_depth == DepthMax) return 0;
        _asks = true;
        if (_depth == _path.Count) _path.Add(new ChoicePoint(count));
        return _path[_depth++].Chosen;
    }

    public override void Taking(Turn turn)
    {
        Settle();
        if (_asleep.Exists(sleeper => sleeper.Turn == turn.Name)) _isRedundant = true;
        (_underWay, _underWayName, _underWayAt, _chosenAt) = (turn, turn.Name, _chosenAt, null);
    }

    public override void Told(object to, bool signalled)
    {
        _told.Add((IActorRef)to);
        if (signalled) _signalled.Add((IActorRef)to);
    }

    /// <summary>The turn under way has ended: what it was is known, and what it interacts with sleeps no more.</summary>
    private void Settle()
    {
        if (_underWay is not { } turn) return;
        var print = new Footprint(turn.Taker.Name, NamesOf(_told), NamesOf(_signalled), _asks);
        _underWayAt?.Ended(new TakenTurn(_underWayName, print));
        _asleep.RemoveAll(sleeper => sleeper.Print.Interacts(print));
        (_underWay, _underWayAt, _asks) = (null, null, false);
        _told.Clear();
        _signalled.Clear();
    }

    private static HashSet<string> NamesOf(HashSet<IActorRef> actors) => [.. actors.Select(actor => actor.Path.ToStringWithoutAddress())];
}
