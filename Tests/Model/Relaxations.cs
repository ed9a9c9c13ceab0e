using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>
/// Where a call may answer otherwise than at any moment between its beginning and its end, because the kernel's own calls hold things
/// while they are under way. There are two places, and no other; docs/model.md gives the reasons.
/// <list type="number">
/// <item>DESTROY answers EBUSY while another call is under way that names the object, or is answered with its id: a call holds
/// what it has looked up until its end (iommufd_lock_obj, iommufd_put_object).</item>
/// <item>A call that makes an object gets an id above the lowest free one, when as many other calls that take ids are under way as
/// there are free ids below it: an id is taken before it is known whether the call succeeds (xa_alloc).</item>
/// </list>
/// </summary>
internal static class Relaxations
{
    /// <param name="before">The state in which the call would take effect.</param>
    /// <param name="operation">The call, whose answer is not that of the model.</param>
    /// <param name="expected">The model's answer.</param>
    /// <param name="under">The calls of others that are under way meanwhile.</param>
    /// <returns>The state after the call; null when its answer is no way to answer it.</returns>
    public static IommufdModel? Accept(IommufdModel before, Operation operation, Answer expected, IReadOnlyList<Operation> under)
    {
        if (operation is { Call: Destroy destroy, Answer.Errno: Errno.EBUSY })
            return expected.Errno == Errno.None && under.Any(other => Holds(other, destroy.Id)) ? before.Fork() : null;
        if (expected.Errno != Errno.None || operation.Answer.Errno != Errno.None || !TakesId(operation.Call)) return null;

        var skipped = before.FreeBelow(operation.Answer.Id);
        if (skipped == 0 || skipped > under.Count(other => TakesId(other.Call))) return null;
        var after = before.Fork();
        var relaxed = after.Step(operation.Call, operation.Answer.Id);
        return ModelText.Of(operation.Call, relaxed) == ModelText.Of(operation.Call, operation.Answer) ? after : null;
    }

    private static bool Holds(Operation other, ObjectId id) =>
        Script.Names(other.Call, id) || (other is { Call: DeviceAttach, Answer.Errno: Errno.None } && other.Answer.Id == id);

    private static bool TakesId(Call call) => call is DeviceBind or DeviceAttach or IoasAlloc or HwptAlloc or ViommuAlloc
        or VdeviceAlloc or FaultQueueAlloc or VeventqAlloc or HwQueueAlloc or AccessCreate;
}
