using Iommu.TestKit.Explore.Traces;

namespace Iommu.TestKit.Explore.Strategies;

/// <summary>
/// One schedule, by what is not as by default. What names a turn that does not come, or comes alone, has no effect; and no turn waits for
/// ever, or who waits for it by asking would ask for ever.
/// </summary>
internal sealed class DirectedStrategy(IEnumerable<Delay> delays, IEnumerable<Happening> happenings) : Strategy
{
    /// <summary>More than a schedule is long that ends.</summary>
    private const int ChoicesMax = 3_000;

    private readonly Dictionary<TurnName, TurnName> _until = delays.ToDictionary(delay => delay.Turn, delay => delay.Until);
    private readonly Dictionary<(string, int), int> _happens = happenings.ToDictionary(it => (it.What, it.Nth), it => it.Chosen);
    private readonly Dictionary<string, int> _asked = [];
    private readonly HashSet<TurnName> _taken = [TurnName.None];

    private int _choices;

    public override string Name => "replay";

    public override bool Begin(int number) => number == 0;

    public override int Turn(IReadOnlyList<Turn> runnable)
    {
        if (++_choices % ChoicesMax == 0) return 0;
        int? first = null;
        for (var i = 0; i < runnable.Count; i++)
        {
            if (!_until.TryGetValue(runnable[i].Name, out var until)) first ??= i;
            else if (_taken.Contains(until)) return i;
        }
        return first ?? 0;
    }

    public override int Alternative(string what, int count, int oneIn)
    {
        var nth = _asked[what] = _asked.GetValueOrDefault(what) + 1;
        return Math.Min(_happens.GetValueOrDefault((what, nth)), count - 1);
    }

    public override void Taking(Turn turn) => _taken.Add(turn.Name);

    public override void Crashed(TurnName turn) => _taken.Add(turn);
}
