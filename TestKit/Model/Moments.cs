using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// The moments in which a call takes effect, between when it was made and when it was answered. Most have one. Others have several, in
/// the kernel's order: what takes objects away first hides them, then gives up what they held, then frees their ids; an unmap has
/// areas in transition; a copy reads its source before it maps; a hardware queue pins its ring before its driver is asked; a paging HWPT
/// is filled before it is known whether the call succeeds.
/// </summary>
internal static class Moments
{
    /// <summary>Steps of an unbind while the device can still be looked up.</summary>
    private const int Found = 10;

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
            foreach (var whole in Whole(model, operation, under))
            {
                yield return (whole, Progress.Done);
                if (Hidden(model, whole, operation) is { } hidden) yield return (hidden, new Progress(1) { Made = operation.Answer.Id });
            }
        }
        if (at.Made != ObjectId.None && operation.Call is not DeviceAttach)
        {
            var shown = model.Fork();
            shown.Show(at.Made);
            yield return (shown, Progress.Done);
            yield break;
        }
        foreach (var next in Part(model.Fork(), operation, at)) yield return next;
    }

    private static IEnumerable<IommufdModel> Whole(IommufdModel model, Operation operation, IReadOnlyList<Operation> under)
    {
        if (operation.RefusedAt is not null) return [model];
        var whole = model.Fork();
        var expected = whole.Step(operation.Call);
        return Agree(operation, expected) ? [whole] : Relaxations.Accept(model, operation, expected, under);
    }

    /// <summary>What a call makes is in its place before others find it by its id. Null for a call that makes nothing.</summary>
    private static IommufdModel? Hidden(IommufdModel before, IommufdModel whole, Operation operation)
    {
        if (operation.Answer.Errno != Errno.None || operation.Call is not (DeviceBind or IoasAlloc or HwptAlloc or ViommuAlloc
            or VdeviceAlloc or HwQueueAlloc or VeventqAlloc or FaultQueueAlloc or VfioAttachGroup)) return null;
        if (operation.Answer.Id == ObjectId.None || before.Find<ModelObject>(operation.Answer.Id) is not null) return null;
        var hidden = whole.Fork();
        hidden.Arrive(operation.Answer.Id);
        return hidden;
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
            DeviceAttach attach => OfRefused(after, operation, at, model => model.FillAlone(attach)),
            IoasUnmap unmap => OfUnmap(after, operation, unmap, at),
            IoasCopy copy => OfCopy(after, operation, copy, at),
            HwQueueAlloc alloc when !succeeded => OfRefused(after, operation, at, model => model.PinRingAlone(alloc)),
            HwptAlloc alloc when !succeeded => OfRefused(after, operation, at, model => model.FillAlone(alloc)),
            ViommuAlloc alloc when !succeeded => OfRefused(after, operation, at, model => model.OfferAlone(alloc)),
            VdeviceAlloc alloc when !succeeded && operation.RefusedAt is not (null or "build vdevice") => OfRefused(
                after, operation, at, model => model.LinkAlone(alloc)),
            _ => [],
        };
    }

    private static IEnumerable<(IommufdModel, Progress)> OfDestroy(IommufdModel after, ObjectId id, Progress at)
    {
        if (at.Taken == 1)
        {
            // A vIOMMU has forgotten a vDEVICE before the context does.
            if (after.Unlink(id))
            {
                yield return (after, at);
                yield break;
            }
            after.Tombstone(id);
            yield return (after, new Progress(2));
        }
        else if (at.Taken == 2)
        {
            after.FreeId(id);
            yield return (after, Progress.Done);
        }
        else if (after.Lookup<ModelObject>(id) is not null && after.Users(id) == 1 && after.Leave(id))
            yield return (after, new Progress(1));
    }

    /// <summary>It is found by other calls for a time while it is detached, or not.</summary>
    private static IEnumerable<(IommufdModel, Progress)> OfUnbind(IommufdModel after, ObjectId device, Progress at)
    {
        switch (at.Taken)
        {
            case 0:
                if (after.Lookup<DeviceObject>(device) is null) break;
                var left = after.Fork();
                left.Leave(device);
                yield return (left, new Progress(1));
                yield return (after, new Progress(Found + 2) { Objects = [.. after.DetachFromAll(device)] });
                break;
            case Found + 2:
                yield return (after, new Progress(Found + 3) { Objects = [.. after.LeaveUnwanted(at.Objects)] });
                break;
            case Found + 3:
                after.Remove(at.Objects);
                yield return (after, new Progress(Found + 4));
                break;
            case Found + 4:
                if (!after.IsAttached(device) && after.Leave(device)) yield return (after, new Progress(4));
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
            case 5 when after.Unlink(at.Objects[0]):
                yield return (after, at);
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
    /// after the move. A domain that has refused the device is not tried again, even if it would suit meanwhile.
    /// </summary>
    private static IEnumerable<(IommufdModel, Progress)> OfMove(IommufdModel after, Operation operation, Progress at)
    {
        switch (at.Taken)
        {
            case 0 or 4:
                var isNew = after.Find<ModelObject>(operation.Answer.Id) is null;
                if (operation.Call is DeviceAttach attach)
                    foreach (var tried in after.Refusing(attach))
                        yield return (after.Fork(), new Progress(4) { Objects = tried });
                var expected = after.StepAndKeepUnwanted(operation.Call, at.Objects, out var unwanted);
                if (!Agree(operation, expected) || (at.Taken == 0 && !isNew && unwanted.Count == 0)) break;
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

    /// <summary>
    /// What fails in the end has been there for a time: a domain in its IOAS, a ring's pins, a region to map.
    /// </summary>
    private static IEnumerable<(IommufdModel, Progress)> OfRefused(
        IommufdModel after, Operation operation, Progress at, Func<IommufdModel, ObjectId?> make)
    {
        if (at.Taken == 0)
        {
            if (make(after) is { } made) yield return (after, new Progress(1) { Objects = [made] });
            yield break;
        }
        after.Remove(at.Objects);
        foreach (var whole in Whole(after, operation, [])) yield return (whole, Progress.Done);
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
        var from = at.Taken == 0 ? call.Iova : at.Iova;
        if (after.AskAccesses(call, from) is { } asked) yield return (asked, at);
        var begun = after.BeginUnmap(call, from, at.Bytes);
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
}
