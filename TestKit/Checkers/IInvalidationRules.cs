namespace Iommu.TestKit.Checkers;

/// <summary>
/// What an architecture says of invalidations, written from its manual and not from the hardware model: the yardstick that
/// <see cref="StaleTranslation{TCommand,TEntry}"/> holds the model against. Any thread may call it.
/// </summary>
/// <typeparam name="TCommand">A command of its queues.</typeparam>
/// <typeparam name="TEntry">What its caches hold; the object that a hit is reported with.</typeparam>
public interface IInvalidationRules<TCommand, TEntry> where TCommand : struct where TEntry : class
{
    /// <summary>What the synchronization command is called, for messages.</summary>
    string Synchronization { get; }

    TCommand Decode(ReadOnlySpan<ulong> words);

    CommandRole RoleOf(TCommand command);

    /// <summary>Whether an entry cannot be there any more when the command is done. When the architecture leaves it open: no.</summary>
    bool MustRemove(TCommand command, TEntry entry);

    /// <summary>The invalidation clock when the walk that found an entry began.</summary>
    long SequenceOf(TEntry entry);

    /// <summary>Under what an invalidation is remembered: so that each entry that it must remove has one of these places too.</summary>
    /// <param name="command">An invalidation.</param>
    /// <param name="places">Takes them; there is room for eight.</param>
    /// <returns>How many there are.</returns>
    int PlacesOf(TCommand command, Span<InvalidationPlace> places);

    /// <summary>Under what the invalidations of an entry are looked for.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="places">Takes them; there is room for eight.</param>
    /// <returns>How many there are.</returns>
    int PlacesOf(TEntry entry, Span<InvalidationPlace> places);
}

/// <summary>What a command is to a checker of invalidations.</summary>
public enum CommandRole
{
    /// <summary>Nothing.</summary>
    Other,
    /// <summary>It removes translations.</summary>
    Invalidation,
    /// <summary>When it has completed, the invalidations before it are done.</summary>
    Synchronization,
}

/// <summary>Where invalidations and entries meet: a domain, an address space, everything, or addresses of one of these.</summary>
/// <param name="Space">The same number for the same space, whoever names it.</param>
/// <param name="First">The first address.</param>
/// <param name="Last">The last one.</param>
/// <param name="ByAddress">Whether it is only about these addresses.</param>
public readonly record struct InvalidationPlace(ulong Space, ulong First, ulong Last, bool ByAddress)
{
    /// <summary>A space as a whole.</summary>
    public static InvalidationPlace Whole(ulong space) => new(space, 0, ulong.MaxValue, false);

    public static InvalidationPlace Range(ulong space, (ulong First, ulong Last) range) => new(space, range.First, range.Last, true);

    /// <summary>The addresses of an entry.</summary>
    public static InvalidationPlace Block(ulong space, ulong start, int sizeLog2) =>
        new(space, start, sizeLog2 >= 64 ? ulong.MaxValue : start + ((1UL << sizeLog2) - 1), true);
}
