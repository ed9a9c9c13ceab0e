namespace Iommu.TestKit.Explore.Strategies;

/// <summary>
/// Takes the choices of one schedule after the other: who goes next, and which of what may happen does. What it chooses is recorded by
/// <see cref="Choices"/>, so that it need not be repeatable itself, though it is: from a seed, or from its place in a search.
/// </summary>
internal abstract class Strategy
{
    /// <summary>Of <c>--strategy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether every schedule within its bounds has been taken.</summary>
    public virtual bool IsComplete => false;

    /// <summary>Before each schedule.</summary>
    /// <param name="number">Of the schedule, from 0.</param>
    /// <returns>False when there is none left.</returns>
    public abstract bool Begin(int number);

    /// <param name="runnable">At least two, in the order in which they became so.</param>
    /// <returns>Which goes next.</returns>
    public abstract int Turn(IReadOnlyList<Turn> runnable);

    /// <param name="what">What may happen, for instance that a step fails.</param>
    /// <param name="count">Alternatives, at least two; 0 is that nothing happens.</param>
    /// <param name="oneIn">How rare it is where that is left to chance: what is asked about more often is rarer each time.</param>
    public abstract int Alternative(string what, int count, int oneIn);

    /// <summary>A turn is about to be taken, whether it was chosen or the only one.</summary>
    public virtual void Taking(Turn turn) { }

    /// <summary>Whatever was possible is not any more.</summary>
    /// <param name="turn">The crash's place among the turns.</param>
    public virtual void Crashed(TurnName turn) { }

    /// <summary>Whether <see cref="Told"/> is to be called, which costs time.</summary>
    public virtual bool WantsToldOf => false;

    /// <summary>The turn under way has told something to an actor.</summary>
    /// <param name="to">The actor.</param>
    /// <param name="signalled">Whether it goes before what is in the actor's mailbox.</param>
    public virtual void Told(object to, bool signalled) { }

    /// <summary>Whether to leave this schedule where it is: the rest of it is known.</summary>
    public virtual bool IsAbandoned => false;
}
