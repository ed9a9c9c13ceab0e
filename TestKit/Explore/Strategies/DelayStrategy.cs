namespace Iommu.TestKit.Explore.Strategies;

/// <summary>
/// The order by default, with a few delays: a turn that is next waits until so many others have gone. Most of the delays hit what outside
/// the actors decides: the journal, whose writes come late, and hardware queues.
/// </summary>
/// <param name="seed">Of the search.</param>
/// <param name="delays">How many turns wait in a schedule.</param>
internal sealed class DelayStrategy(long seed, int delays = 3) : Strategy
{
    private const int LengthMax = 60;
    private const int SlowWeight = 6;

    private readonly Dictionary<TurnTaker, int> _until = [];
    private Random _random = new(0);
    private int _left;
    private int _taken;
    private int _longest = 32;

    public override string Name => "delay";

    public override bool Begin(int number)
    {
        _longest = Math.Max(_longest, Math.Min(_taken, 2_000));
        _random = new Random(RandomStrategy.SeedOf(seed, number));
        _until.Clear();
        (_left, _taken) = (delays, 0);
        return true;
    }

    public override int Turn(IReadOnlyList<Turn> runnable)
    {
        for (var i = 0; i < runnable.Count; i++)
        {
            var taker = runnable[i].Taker;
            if (_until.TryGetValue(taker, out var until) && _taken < until) continue;
            if (!Delays(taker)) return i;
            _left--;
            _until[taker] = _taken + _random.Next(1, LengthMax);
        }
        return 0;
    }

    public override int Alternative(string what, int count, int oneIn) => RandomStrategy.Rarely(_random, count, oneIn);

    public override void Taking(Turn turn) => _taken++;

    // So that a schedule has about as many as it may, wherever they come.
    private bool Delays(TurnTaker taker) => _left > 0 && _random.Next(Math.Max(1, _longest / (delays * WeightOf(taker)))) == 0;

    private static int WeightOf(TurnTaker taker) =>
        taker.Name.StartsWith("/system/", StringComparison.Ordinal) || taker.Name.StartsWith("/user/queue-", StringComparison.Ordinal)
            ? SlowWeight : 1;
}
