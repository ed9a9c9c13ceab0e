using Iommu.Messages;

namespace Iommu.Actors.Core;

/// <summary>
/// The two counts of an object (struct iommufd_object). <c>users</c>: 1 while it exists, and 1 for each dependant, open file and
/// call in flight. <c>wait_cnt</c>: a bias of 1, and 1 for each call in flight. Invariant I1 is held here, at each change.
/// </summary>
public struct ObjectCounts(int users)
{
    /// <summary>The counts of an object that nobody uses yet.</summary>
    public ObjectCounts() : this(1) { }

    public int Users { get; private set; } = users;

    public int Waits { get; private set; } = 1;

    /// <summary>It is on its way out: nobody gets in any more.</summary>
    public bool Leaving { get; private set; }

    /// <summary>Leaving, and the last short-term user is out.</summary>
    public readonly bool Drained => Leaving && Waits == 0;

    /// <summary>A lookup: takes both counts for the time of a call. False when the object is leaving.</summary>
    public bool TryAcquire()
    {
        if (Leaving) return false;
        Users++;
        Waits++;
        return true;
    }

    /// <summary>Takes <c>users</c> alone: for a dependant, an open file, a mapping. False when the object is leaving.</summary>
    public bool TryReference()
    {
        if (Leaving) return false;
        Users++;
        return true;
    }

    /// <summary>Drops references, each exactly once. <c>users</c> goes before <c>wait_cnt</c>.</summary>
    /// <exception cref="InvariantViolation">I1: more was dropped than was taken.</exception>
    public void Release(int users, int waits)
    {
        Users -= users;
        Waits -= waits;
        if (Users < (Leaving ? 0 : 1)) throw new InvariantViolation("I1", $"users fell to {Users}: a reference was dropped twice");
        if (Waits < (Leaving ? 0 : 1)) throw new InvariantViolation("I1", $"wait_cnt fell to {Waits}: a reference was dropped twice");
    }

    /// <summary>Takes <c>wait_cnt</c> alone.</summary>
    public void HoldWait() => Waits++;

    /// <summary>The start of DESTROY: EBUSY when somebody uses the object, ENOENT when it is leaving already.</summary>
    public Errno TryLeave()
    {
        if (Leaving) return Errno.ENOENT;
        if (Users != 1) return Errno.EBUSY;
        Users = 0;
        Waits--;
        Leaving = true;
        return Errno.None;
    }

    /// <summary>
    /// The start of a removal from inside the kernel, which waits for short-term users instead of failing (REMOVE_WAIT): the bias
    /// goes first, so that nobody new gets in. False when it is leaving already.
    /// </summary>
    public bool TryLeaveAndWait()
    {
        if (Leaving) return false;
        Users--;
        Waits--;
        Leaving = true;
        return true;
    }
}
