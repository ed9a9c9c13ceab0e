using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>
/// Where a call may answer otherwise than at any moment between its beginning and its end, because the kernel's own calls hold things
/// while they are under way. There are three places, and no other; docs/model.md gives the reasons.
/// <list type="number">
/// <item>DESTROY answers EBUSY while another call is under way that names the object, or is answered with its id: a call holds
/// what it has looked up until its end (iommufd_lock_obj, iommufd_put_object).</item>
/// <item>A call that makes an object gets an id above the lowest free one, when other calls that are under way take as many ids as
/// there are free ones below it: an id is taken before it is known whether the call succeeds (xa_alloc).</item>
/// <item>While a device is being unbound, a call finds it or does not: it can be looked up until the last who has is through
/// (REMOVE_WAIT). Nothing is attached and no vDEVICE is made any more.</item>
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
        if (Moments.Agree(operation, expected)) yield break;
        if (IsHeld(operation, expected, under)) yield return before;
        if (WithId(before, operation, expected, under) is { } after) yield return after;
        if (WithDevice(before, operation) is { } found) yield return found;
    }

    private static bool IsHeld(Operation operation, Answer expected, IReadOnlyList<Operation> under) =>
        operation is { Call: Destroy destroy, Answer.Errno: Errno.EBUSY } && expected.Errno == Errno.None
        && under.Any(other => Script.Names(other.Call, destroy.Id)
            || (other is { Call: DeviceAttach, Answer.Errno: Errno.None } && other.Answer.Id == destroy.Id));

    private static IommufdModel? WithId(IommufdModel before, Operation operation, Answer expected, IReadOnlyList<Operation> under)
    {
        if (expected.Errno != Errno.None || operation.Answer.Errno != Errno.None || IdsTaken(operation.Call) == 0) return null;
        var skipped = before.FreeBelow(operation.Answer.Id);
        if (skipped == 0 || skipped > under.Sum(other => IdsTaken(other.Call))) return null;
        var after = before.Fork();
        return Moments.Agree(operation, after.Step(operation.Call, operation.Answer.Id)) ? after : null;
    }

    private static IommufdModel? WithDevice(IommufdModel before, Operation operation)
    {
        var leaving = before.LeavingDevices().Where(device => Script.Names(operation.Call, device)).ToList();
        if (leaving.Count == 0) return null;
        if (operation.Answer.Errno == Errno.None && operation.Call is not (HwptAlloc or ViommuAlloc or GetHwInfo)) return null;
        var after = before.Fork();
        foreach (var device in leaving) after.Unhide(device);
        if (!Moments.Agree(operation, after.Step(operation.Call))) return null;
        foreach (var device in leaving) after.Leave(device);
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
