using Iommu.Replay;

namespace Iommu.TestKit.Explore;

/// <summary>
/// A turn that is possible, by a name that it has in every run: whose it is, and how many that one had before. An actor's next turn is
/// known by that before it is known which message it takes.
/// </summary>
internal sealed class Turn(ITurn source, TurnTaker taker)
{
    public ITurn Source => source;

    public TurnTaker Taker => taker;

    /// <summary>From 1; 0 before it is seen for the first time.</summary>
    public int Number { get; set; }

    /// <summary>Whether another went before it that became possible later.</summary>
    public bool WasPassed { get; set; }

    public TurnName Name => new(taker.Name, Number);
}

/// <summary>Who takes turns: an actor, or whatever else the runtime names.</summary>
internal sealed class TurnTaker(string name)
{
    /// <summary>Path without address.</summary>
    public string Name => name;

    /// <summary>Of the name.</summary>
    public ulong Hash { get; } = Fingerprint.Of(name);

    /// <summary>Turns that were seen of it.</summary>
    public int Seen { get; set; }

    /// <summary>Of its messages in their order.</summary>
    public ulong Past { get; set; }

    /// <summary>The strategy's own.</summary>
    public long Rank { get; set; }
}

/// <summary>The n-th turn of an actor.</summary>
/// <param name="Actor">Path without address, or what else takes turns.</param>
/// <param name="Number">From 1.</param>
internal readonly record struct TurnName(string Actor, int Number)
{
    /// <summary>Before the first turn of all.</summary>
    public static readonly TurnName None = new("", 0);

    /// <exception cref="FormatException">It names none.</exception>
    public static TurnName Parse(string text) =>
        text.LastIndexOf('#') is var at and >= 0 && int.TryParse(text.AsSpan(at + 1), out var number)
            ? new TurnName(text[..at], number) : throw new FormatException($"'{text}' names no turn: that is ACTOR#NUMBER");

    public override string ToString() => $"{Actor}#{Number}";
}
