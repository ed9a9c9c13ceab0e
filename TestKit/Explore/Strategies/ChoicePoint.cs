namespace Iommu.TestKit.Explore.Strategies;

/// <summary>A place of the search where there was more than one way, and how far it has been through them.</summary>
internal sealed class ChoicePoint
{
    private readonly List<TurnName> _turns;
    private readonly List<TakenTurn> _asleep;
    private readonly int _count;

    /// <param name="turns">Which turns were possible.</param>
    /// <param name="asleep">Those that need not be taken here until something comes that they interact with: what follows is known.</param>
    public ChoicePoint(List<TurnName> turns, List<TakenTurn> asleep)
    {
        (_turns, _asleep, _count, Chosen) = (turns, [.. asleep], turns.Count, -1);
        Next();
    }

    /// <param name="count">How many alternatives there are, turns apart.</param>
    public ChoicePoint(int count) => (_turns, _asleep, _count) = ([], [], count);

    public int Chosen { get; private set; }

    public TurnName ChosenTurn => _turns[Chosen];

    /// <summary>Whatever is taken here has been taken in another order.</summary>
    public bool IsRedundant => Chosen == _count;

    public IReadOnlyList<TakenTurn> Asleep => _asleep;

    /// <summary>The turn that was chosen has been taken.</summary>
    public void Ended(TakenTurn taken) => _taken = taken;

    private TakenTurn? _taken;

    /// <summary>Goes on to the next way that is not known. False when there is none.</summary>
    public bool Next()
    {
        // One of which it is not known what it does cannot sleep.
        if (_taken is { } taken) _asleep.Add(taken);
        _taken = null;
        do Chosen++;
        while (Chosen < _count && _turns.Count > 0 && _asleep.Exists(sleeper => sleeper.Turn == _turns[Chosen]));
        return Chosen < _count;
    }
}

/// <summary>A turn, and what it has done.</summary>
internal sealed record TakenTurn(TurnName Turn, Footprint Print);
