using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>
/// The moments in which a call takes effect, between when it was made and when it was answered. Most have one. Others have several, in
/// the kernel's order: what takes objects away first hides them, then gives up what they held, then frees their ids; an unmap has
/// areas in transition; a copy reads its source before it maps; a hardware queue pins its ring before its driver is asked; a paging HWPT
/// is filled before it is known whether the call succeeds.
/// </summary>
internal static class Moments
{
    /// <param name="model">The state before; it is not changed.</param>
    /// <param name="operation">The call and its answer.</param>
    /// <param name="at">How far it has come.</param>
    /// <param name="under">The calls of others that are under way meanwhile.</param>
    /// <returns>What can come next of the call: the state after it. The whole call at once is first.</returns>
    public static IEnumerable<(IommufdModel After, Progress Progress)> Next(
        IommufdModel model, Operation operation, Progress at, IReadOnlyList<Operation> under)
    {
        if (at == Progress.None)
        {
            var whole = model.Fork();
            var expected = whole.Step(operation.Call);
            if (Agree(operation, expected)) yield return (whole, Progress.Done);
            foreach (var relaxed in Relaxations.Accept(model, operation, expected, under)) yield return (relaxed, Progress.Done);
        }
        foreach (var next in Part(model.Fork(), operation, at)) yield return next;
    }

    public static bool Agree(Operation operation, Answer expected) =>
        ModelText.Of(operation.Call, expected) == ModelText.Of(operation.Call, operation.Answer);

    /// <summary>The next of several moments; nothing when the call has only one, or its next one cannot come now.</summary>
    private static IEnumerable<(IommufdModel, Progress)> Part(IommufdModel after, Operation operation, Progress at)
    {
        var succeeded = operation.Answer.Errno == Errno.None;
        return operation.Call switch
        {
            Destroy destroy when succeeded => OfDestroy(after, destroy.Id, at),
            DeviceUnbind unbind when succeeded => OfUnbind(after, unbind.Device, at),
            DeviceAttach or DeviceDetach when succeeded => OfMove(after, operation, at),
            IoasUnmap unmap => OfUnmap(after, operation, unmap, at),
            IoasCopy copy => OfCopy(after, operation, copy, at),
            HwQueueAlloc alloc => OfQueue(after, operation, alloc, at),
            HwptAlloc alloc when !succeeded => OfHwpt(after, operation, alloc, at),
            _ => [],
        };
    }

    private static IEnumerable<(IommufdModel, Progress)> OfDestroy(IommufdModel after, ObjectId id, Progress at)
    {
        if (at.Taken == 1)
        {
            after.Remove([id]);
            yield return (after, Progress.Done);
        }
        else if (after.Lookup<ModelObject>(id) is not null && after.Users(id) == 1 && after.Leave(id))
            yield return (after, new Progress(1));
    }

    private static IEnumerable<(IommufdModel, Progress)> OfUnbind(IommufdModel after, ObjectId device, Progress at)
    {
        switch (at.Taken)
        {
            case 0:
                if (after.Lookup<DeviceObject>(device) is not null && after.Leave(device)) yield return (after, new Progress(1));
                break;
            case 1:
                yield return (after, new Progress(2) { Objects = [.. after.DetachFromAll(device)] });
                break;
            case 2:
                yield return (after, new Progress(3) { Objects = [.. after.LeaveUnwanted(at.Objects)] });
                break;
            case 3:
                after.Remove(at.Objects);
                yield return (after, new Progress(4));
                break;
            case 4 when after.VdeviceOf(device) is { } vdevice:
                // Somebody else may be destroying it; then it waits.
                if (after.Leave(vdevice)) yield return (after, new Progress(5) { Objects = [vdevice] });
                break;
            case 5:
                after.Tombstone(at.Objects[0]);
                yield return (after, new Progress(6));
                break;
            default:
                after.Remove([device]);
                yield return (after, Progress.Done);
                break;
        }
    }

    /// <summary>
    /// A domain that an attach makes for itself is found by others after the device is on it, and one that nobody wants any more goes
    /// after the move.
    /// </summary>
    private static IEnumerable<(IommufdModel, Progress)> OfMove(IommufdModel after, Operation operation, Progress at)
    {
        switch (at.Taken)
        {
            case 0:
                var isNew = after.Find<ModelObject>(operation.Answer.Id) is null;
                var expected = after.StepAndKeepUnwanted(operation.Call, out var unwanted);
                if (!Agree(operation, expected) || (!isNew && unwanted.Count == 0)) break;
                var arrived = operation.Call is DeviceAttach && isNew && after.Arrive(operation.Answer.Id);
                var made = arrived ? operation.Answer.Id : ObjectId.None;
                yield return (after, new Progress(made == ObjectId.None ? 2 : 1) { Objects = [.. unwanted], Made = made });
                break;
            case 1:
                after.Show(at.Made);
                yield return (after, at with { Taken = 2, Made = ObjectId.None });
                break;
            case 2:
                yield return (after, new Progress(3) { Objects = [.. after.LeaveUnwanted(at.Objects)] });
                break;
            default:
                after.Remove(at.Objects);
                yield return (after, Progress.Done);
                break;
        }
    }

    /// <summary>An HWPT that fails in the end has been in the IOAS for a time.</summary>
    private static IEnumerable<(IommufdModel, Progress)> OfHwpt(IommufdModel after, Operation operation, HwptAlloc call, Progress at)
    {
        if (at.Taken == 0)
        {
            if (after.FillAlone(call) is { } made) yield return (after, new Progress(1) { Objects = [made] });
            yield break;
        }
        after.Remove(at.Objects);
        if (Agree(operation, after.Step(call))) yield return (after, Progress.Done);
    }

    /// <summary>Areas are in transition until hardware has forgotten them; others may come and go meanwhile.</summary>
    private static IEnumerable<(IommufdModel, Progress)> OfUnmap(IommufdModel after, Operation operation, IoasUnmap call, Progress at)
    {
        if (at.Taken % 2 == 1)
        {
            after.FinishUnmap(call.Ioas, at.Areas);
            yield return (after, at with { Taken = at.Taken + 1, Areas = [] });
            yield break;
        }
        var begun = after.BeginUnmap(call, at.Taken == 0 ? call.Iova : at.Iova, at.Bytes);
        if (begun.Areas.IsEmpty)
        {
            if (at.Taken > 0 && Agree(operation, begun.Answer)) yield return (after, Progress.Done);
        }
        else yield return (after, new Progress(at.Taken + 1) { Areas = begun.Areas, Iova = begun.Next, Bytes = begun.Bytes });
    }

    private static IEnumerable<(IommufdModel, Progress)> OfCopy(IommufdModel after, Operation operation, IoasCopy call, Progress at)
    {
        if (at.Taken == 0)
        {
            var read = after.ReadForCopy(call);
            if (!read.Failed) yield return (after, new Progress(1) { Slices = read.Value! });
        }
        else if (Agree(operation, after.MapCopied(call, at.Slices))) yield return (after, Progress.Done);
    }

    /// <summary>The areas under the ring are held while the driver decides.</summary>
    private static IEnumerable<(IommufdModel, Progress)> OfQueue(IommufdModel after, Operation operation, HwQueueAlloc call, Progress at)
    {
        if (at.Taken == 0)
        {
            if (after.PinRingAlone(call) is { } ring) yield return (after, new Progress(1) { Objects = [ring] });
            yield break;
        }
        after.Remove(at.Objects);
        if (Agree(operation, after.Step(call))) yield return (after, Progress.Done);
    }
}
