using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A guest's half of a queue that hardware drains without a trap. One thread at a time.</summary>
public abstract class GuestQueue
{
    /// <summary>
    /// The ring as the guest has it: Produce stores commands and rings, Step looks how far the hardware is, and ConsumedTotal is what
    /// the last look has seen. Wrapped by the host's checker of I8, which holds later hits against what is reported consumed.
    /// </summary>
    public abstract ICommandQueue Ring { get; }

    /// <summary>Commands that fit.</summary>
    public abstract int Room { get; }

    /// <summary>Why it has stopped, in the hardware's own words.</summary>
    public abstract string Error { get; }

    /// <summary>What the registers hold that a new owner must find empty (I10); asked before it writes any.</summary>
    public abstract IReadOnlyList<(string Register, ulong Value)> LeftOver { get; }

    /// <summary>Switches it on, where its allocation has not.</summary>
    public virtual void Enable()
    {
    }

    /// <summary>Adds what a trapped call asks for as commands of the ring; false, and nothing added, when it may not go this way.</summary>
    public abstract bool TryAdd(HwptInvalidate call, List<ulong> words);

    /// <summary>Adds the command whose completion says that all before it are done.</summary>
    public abstract void AddSync(List<ulong> words);

    /// <summary>Adds a command that no guest may issue, and that invalidates nothing: the queue must stop at it, alone (I11).</summary>
    public abstract void AddMistake(List<ulong> words);

    /// <summary>Puts something harmless in the place of the command that the queue has stopped at, and sets it going again.</summary>
    public abstract void Mend();
}
