namespace Iommu.TestKit.Explore.Strategies;

/// <summary>
/// Probabilistic concurrency testing (Burckhardt and others, 2010): each actor gets a random priority, the highest that can goes next, and
/// at <paramref name="depth"/> - 1 random turns the one that would go falls below all others. A bug that takes the order of d turns among n
/// actors and k turns is found by one schedule with a probability of at least 1 / (n k^(d-1)), however unlikely it is by chance. Who goes
/// again and again, since it waits for another by asking, falls too.
/// </summary>
/// <param name="seed">Of the search.</param>
/// <param name="depth">d.</param>
internal sealed class PctStrategy(long seed, int depth = 3) : Strategy
{
    private const int InARowMax = 100;
    private const int LongestMax = 2_000;

    private readonly HashSet<int> _changes = [];
    private Random _random = new(0);
    private HashSet<string> _known = [];
    private long _lowest;
    private int _taken;
    private int _longest = 64;
    private TurnTaker? _last;
    private int _inARow;

    public override string Name => "pct";

    public override bool Begin(int number)
    {
        _longest = Math.Max(_longest, Math.Min(_taken, LongestMax));
        _random = new Random(RandomStrategy.SeedOf(seed, number));
        _known = [];
        (_lowest, _taken) = (0, 0);
        _changes.Clear();
        for (var i = 1; i < depth; i++) _changes.Add(_random.Next(_longest));
        return true;
    }

    public override int Turn(IReadOnlyList<Turn> runnable)
    {
        var highest = Highest(runnable);
        if (_changes.Remove(_taken) || (runnable[highest].Taker == _last && _inARow >= InARowMax))
        {
            runnable[highest].Taker.Rank = --_lowest;
            highest = Highest(runnable);
        }
        return highest;
    }

    public override int Alternative(string what, int count, int oneIn) => RandomStrategy.Rarely(_random, count, oneIn);

    public override void Taking(Turn turn)
    {
        _taken++;
        _inARow = turn.Taker == _last ? _inARow + 1 : 1;
        _last = turn.Taker;
    }

    private int Highest(IReadOnlyList<Turn> runnable)
    {
        var highest = 0;
        for (var i = 0; i < runnable.Count; i++)
        {
            var taker = runnable[i].Taker;
            if (_known.Add(taker.Name)) taker.Rank = _random.NextInt64(1, long.MaxValue);
            if (taker.Rank > runnable[highest].Taker.Rank) highest = i;
        }
        return highest;
    }
}
