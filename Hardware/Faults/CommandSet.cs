namespace Iommu.Hardware.Faults;

/// <summary>
/// What a planted fault has to know of an architecture's commands. A command is given by its words, as many as its queue has for each.
/// </summary>
public abstract class CommandSet
{
    public static readonly CommandSet Smmuv3 = new Smmuv3CommandSet();

    public static readonly CommandSet Amd = new AmdCommandSet();

    public static readonly CommandSet Vtd = new VtdCommandSet();

    /// <summary>Something that takes a lost command's place in the host's ring: hardware has nothing to do at it.</summary>
    public abstract ReadOnlySpan<ulong> Nothing { get; }

    /// <summary>The same in a ring of a guest's, which may carry less.</summary>
    public abstract ReadOnlySpan<ulong> NothingOfGuest { get; }

    /// <summary>Whether it takes translations out of a cache, the IOMMU's or a device's.</summary>
    public abstract bool IsInvalidation(ReadOnlySpan<ulong> command);

    /// <summary>Whether it may be carried out after others that software has put behind it, before the same synchronization.</summary>
    public abstract bool MayBeLate(ReadOnlySpan<ulong> command);

    /// <summary>Whether one that is late may come after this one too.</summary>
    public abstract bool MayBeOvertaken(ReadOnlySpan<ulong> command);

    /// <summary>The command in words.</summary>
    public abstract string Describe(ReadOnlySpan<ulong> command);
}
