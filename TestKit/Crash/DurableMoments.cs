using System.Collections.Immutable;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// What a call that was cut off may have made durable: nothing, all of it, or of a call of several moments what it had done by one of them.
/// </summary>
internal static class DurableMoments
{
    /// <summary>The states that a crash during the call may leave, before <see cref="AfterCrash"/>; the state before it is first.</summary>
    public static IReadOnlyList<IommufdModel> Of(IommufdModel before, Call call)
    {
        var after = before.Fork();
        var answer = after.Step(call);
        var states = call switch
        {
            DeviceAttach or DeviceDetach => Closure(before, new Operation(0, call, answer, 0, 1)),
            DeviceUnbind unbind => Detached(before, unbind.Device).Concat(Closure(before, new Operation(0, call, answer, 0, 1))),
            IoasUnmap unmap => Unmapped(before, after, unmap.Ioas),
            VfioUnmapDma unmap => Unmapped(before, after, before.State.VfioIoas).Concat(Cuts(before, after, unmap)),
            VfioAttachGroup when answer.Errno == Errno.None => [WithoutVfio(before, after)],
            _ => [],
        };
        return [before, .. states, after];
    }

    private static IEnumerable<IommufdModel> Closure(IommufdModel before, Operation operation)
    {
        var seen = new HashSet<string>();
        var open = new Queue<(IommufdModel Model, Progress At)>([(before, Progress.None)]);
        while (open.TryDequeue(out var next))
        {
            foreach (var (after, progress) in Moments.Next(next.Model, operation, next.At, []))
            {
                if (!seen.Add($"{progress} {ModelText.Fingerprint(after)}")) continue;
                yield return after;
                if (!progress.IsDone) open.Enqueue((after, progress));
            }
        }
    }

    /// <summary>An unbind detaches the device from one PASID after the other, its own address space last, before it ends.</summary>
    private static IEnumerable<IommufdModel> Detached(IommufdModel before, ObjectId device)
    {
        var attached = before.State.Attachments.Where(entry => entry.Value.Devices.Contains(device.Value)).Select(entry => entry.Key.Pasid);
        var at = before;
        foreach (var pasid in attached.Distinct().OrderBy(pasid => pasid == 0).ThenBy(pasid => pasid))
        {
            var detach = new DeviceDetach(device, pasid);
            var next = at.Fork();
            var answer = next.Step(detach);
            foreach (var state in Closure(at, new Operation(0, detach, answer, 0, 1))) yield return state;
            at = next;
        }
    }

    /// <summary>Areas go in the order of their IOVAs.</summary>
    private static IEnumerable<IommufdModel> Unmapped(IommufdModel before, IommufdModel after, ObjectId id)
    {
        if (before.Find<IoasObject>(id) is not { } ioas || after.Find<IoasObject>(id) is not { } left) yield break;
        foreach (var start in new[] { ioas, Joined(ioas, left) })
        {
            var gone = start.Areas.Keys.Where(iova => !left.Areas.ContainsKey(iova)).ToList();
            for (var count = 1; count <= gone.Count; count++)
                yield return before.With(id, start with { Areas = start.Areas.RemoveRange(gone.Take(count)) });
        }
    }

    /// <summary>What an unmap of VFIO's has cut is durable before anything is unmapped: the end of the range first.</summary>
    private static IEnumerable<IommufdModel> Cuts(IommufdModel before, IommufdModel after, VfioUnmapDma call)
    {
        var id = before.State.VfioIoas;
        if (before.Find<IoasObject>(id) is not { } ioas || after.Find<IoasObject>(id) is not { } left) yield break;
        var whole = Joined(ioas, left);
        var end = call.Iova + call.LengthBytes;
        if (whole.Areas.ContainsKey(end)) yield return before.With(id, CutAt(ioas, end));
        yield return before.With(id, whole);
    }

    /// <summary>The areas before, cut where those after begin and end.</summary>
    private static IoasObject Joined(IoasObject before, IoasObject after)
    {
        var ends = after.Areas.Values.SelectMany(area => new[] { area.Iova, area.Last + 1 });
        return ends.Aggregate(before, CutAt);
    }

    /// <summary>The area that an IOVA is within is two, of which one begins there.</summary>
    private static IoasObject CutAt(IoasObject ioas, ulong iova)
    {
        if (ioas.Areas.Values.FirstOrDefault(area => area.Iova < iova && iova <= area.Last) is not { } area) return ioas;
        var first = area with { LengthBytes = iova - area.Iova };
        var second = area with
        {
            Iova = iova,
            LengthBytes = area.LengthBytes - first.LengthBytes,
            Address = area.Address + first.LengthBytes,
        };
        return ioas with { Areas = ioas.Areas.SetItem(first.Iova, first).Add(second.Iova, second) };
    }

    /// <summary>The IOAS is there, and is not VFIO's yet.</summary>
    private static IommufdModel WithoutVfio(IommufdModel before, IommufdModel after) =>
        new(before.Machine, after.State with { VfioIoas = before.State.VfioIoas });
}
