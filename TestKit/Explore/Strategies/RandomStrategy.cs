namespace Iommu.TestKit.Explore.Strategies;

/// <summary>Every possible turn is as likely to be next as any other.</summary>
/// <param name="seed">Of the search; each schedule has one of its own, from this and its number.</param>
internal sealed class RandomStrategy(long seed) : Strategy
{
    private Random _random = new(0);

    public override string Name => "random";

    public override bool Begin(int number)
    {
        _random = new Random(SeedOf(seed, number));
        return true;
    }

    public override int Turn(IReadOnlyList<Turn> runnable) => _random.Next(runnable.Count);

    public override int Alternative(string what, int count, int oneIn) => Rarely(_random, count, oneIn);

    /// <summary>The seed of a schedule: schedule 7 of seed 1 is not schedule 1 of seed 7.</summary>
    public static int SeedOf(long seed, int number) => (int)Fingerprint.Then((ulong)seed * 0x9E3779B97F4A7C15 + 1, (ulong)number);

    /// <summary>What may happen does so seldom, or nothing else would be seen.</summary>
    public static int Rarely(Random random, int count, int oneIn) => random.Next(oneIn) == 0 ? random.Next(1, count) : 0;
}
