using Iommu.Replay;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// A bug put back, by what stands around the drivers and queues of a run or before the mailboxes of its actors: the product itself has no
/// word of it. One for each schedule: it may remember what has come by.
/// </summary>
public abstract class Mutant
{
    /// <summary>Of <c>--mutant</c>: as in the list of bugs.</summary>
    public abstract string Name { get; }

    /// <summary>What is wrong, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>The scenario that has its race.</summary>
    public abstract string Scenario { get; }

    /// <summary>What is to stand around the hardware; nothing by default.</summary>
    public virtual Decoration Decoration => Decoration.None;

    /// <summary>What the journal of a scenario that may crash is to do wrong; nothing by default.</summary>
    internal virtual StoreFaults JournalFaults => StoreFaults.None;

    /// <summary>What is to stand before the mailboxes; nothing by default.</summary>
    public virtual IMessageFilter? Attach(World world) => null;
}
