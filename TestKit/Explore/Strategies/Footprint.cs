namespace Iommu.TestKit.Explore.Strategies;

/// <summary>What a turn has to do with, as far as it can matter whether another one comes before it or after it.</summary>
/// <param name="Actor">Whose turn.</param>
/// <param name="Told">Into whose mailboxes it has put something.</param>
/// <param name="Signalled">Where that goes before what is there already.</param>
/// <param name="Asks">Whether something could have happened in it that happens a limited number of times.</param>
internal sealed record Footprint(string Actor, IReadOnlySet<string> Told, IReadOnlySet<string> Signalled, bool Asks)
{
    private const string Contexts = "/user/contexts/directory/";
    private const string User = "/user/";

    public bool Interacts(Footprint other) =>
        Actor == other.Actor
        || (Asks && other.Asks)
        || Told.Overlaps(other.Told)
        || Signalled.Contains(other.Actor) || other.Signalled.Contains(Actor)
        || (IsContext && other.LooksUp) || (other.IsContext && LooksUp);

    /// <summary>It changes the published table.</summary>
    private bool IsContext => Actor.StartsWith(Contexts, StringComparison.Ordinal) && Actor.IndexOf('/', Contexts.Length) < 0;

    /// <summary>It may look something up there, as callers do. Objects look up what they are, and what they were told of.</summary>
    private bool LooksUp => Actor.StartsWith(User, StringComparison.Ordinal) && Actor.IndexOf('/', User.Length) < 0;
}
