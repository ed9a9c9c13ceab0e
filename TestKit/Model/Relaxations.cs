using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Where a call may answer otherwise than at any moment between its beginning and its end, because the kernel's own calls hold things
/// while they are under way. There are five places, and no other; docs/model.md gives the reasons.
/// <list type="number">
/// <item>DESTROY answers EBUSY while another call is under way that names the object, works on the VFIO calls' IOAS, or moves a device
/// to an HWPT or from one: a call holds what it has looked up, and what it takes a device from, until its end (iommufd_put_object).</item>
/// <item>A call that makes an object gets an id above the lowest free one, when other calls that are under way take as many ids as
/// there are free ones below it: an id is taken before it is known whether the call succeeds (xa_alloc).</item>
/// <item>While a device is being unbound, a call finds it or does not: it can be looked up until the last who has is through
/// (REMOVE_WAIT). Nothing is attached and no vDEVICE is made any more.</item>
/// <item>A call that names an object of a type that it cannot use answers EINVAL while that object is on its way out, where the kernel
/// answers ENOENT already: only what could use the object asks it whether it is leaving.</item>
/// <item>The file of an event queue is there when the call that makes the queue is answered, and the queue a little earlier.</item>
/// </list>
/// </summary>
internal static class Relaxations
{
    /// <param name="before">The state in which the call would take effect.</param>
    /// <param name="operation">The call.</param>
    /// <param name="expected">The model's answer.</param>
    /// <param name="under">The calls of others that are under way meanwhile.</param>
    /// <returns>The states that the call may lead to.</returns>
    public static IEnumerable<IommufdModel> Accept(
        IommufdModel before, Operation operation, Answer expected, IReadOnlyList<Operation> under)
    {
        if (IsHeld(before, operation, expected, under) || IsNotOpenYet(operation, under)) yield return before;
        foreach (var found in new[] { before, WithLeaving(before, operation, anyObject: false) })
            if (found is not null && WithId(found, operation, under) is { } after) yield return Hide(after, before);
        if (operation.Answer.Errno == Errno.EINVAL && WithLeaving(before, operation, anyObject: true) is { } wrong
            && Moments.Agree(operation, wrong.Step(operation.Call))) yield return before;
    }

    private static bool IsHeld(IommufdModel before, Operation operation, Answer expected, IReadOnlyList<Operation> under) =>
        operation is { Call: Destroy destroy, Answer.Errno: Errno.EBUSY } && expected.Errno == Errno.None
        && under.Any(other => Script.Names(other.Call, destroy.Id)
            || (other.Call is VfioCall && before.State.VfioIoas == destroy.Id)
            || (other is { Call: DeviceAttach or DeviceDetach or DeviceUnbind, Answer.Errno: Errno.None }
                && before.Find<HwptObject>(destroy.Id) is not null));

    private static bool IsNotOpenYet(Operation operation, IReadOnlyList<Operation> under) =>
        operation is { Call: CloseEventFile close, Answer.Errno: Errno.EBADF }
        && under.Any(other => other.Call is FaultQueueAlloc or VeventqAlloc && other.Answer.Id == close.Queue);

    private static IommufdModel? WithId(IommufdModel before, Operation operation, IReadOnlyList<Operation> under)
    {
        var after = before.Fork();
        if (Moments.Agree(operation, after.Step(operation.Call))) return after;
        if (operation.Answer.Errno != Errno.None || operation.Answer.Id == ObjectId.None || IdsTaken(operation.Call) == 0) return null;
        var skipped = before.FreeBelow(operation.Answer.Id);
        if (skipped == 0 || skipped > under.Sum(other => IdsTaken(other.Call))) return null;
        after = before.Fork();
        return Moments.Agree(operation, after.Step(operation.Call, operation.Answer.Id)) ? after : null;
    }

    /// <summary>The state with what is leaving still to be found, of what the call names. Null when it names nothing of the kind.</summary>
    private static IommufdModel? WithLeaving(IommufdModel before, Operation operation, bool anyObject)
    {
        var succeeded = operation.Answer.Errno == Errno.None;
        if (!anyObject && succeeded && operation.Call is not (HwptAlloc or ViommuAlloc or GetHwInfo)) return null;
        var leaving = before.State.Leaving.Select(id => new ObjectId(id)).Where(id => Script.Names(operation.Call, id)
            && (anyObject || before.Find<DeviceObject>(id) is not null)).ToList();
        if (leaving.Count == 0) return null;
        var found = before.Fork();
        foreach (var id in leaving) found.Unhide(id);
        return found;
    }

    private static IommufdModel Hide(IommufdModel after, IommufdModel before)
    {
        foreach (var id in before.State.Leaving) after.Leave(new ObjectId(id));
        return after;
    }

    /// <summary>An attach to an IOAS may be leaving one domain of its making, which did not suit it, when it makes the next.</summary>
    private static int IdsTaken(Call call) => call switch
    {
        DeviceAttach => 2,
        DeviceBind or IoasAlloc or HwptAlloc or ViommuAlloc or VdeviceAlloc or FaultQueueAlloc or VeventqAlloc or HwQueueAlloc
            or AccessCreate or VfioAttachGroup => 1,
        _ => 0,
    };
}
