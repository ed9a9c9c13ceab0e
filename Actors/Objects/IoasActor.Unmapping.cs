using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>Unmaps: out of the tables, out of every cache, and only then unpinned, journaled, answered.</summary>
internal sealed partial class IoasActor
{
    private void Unmap(IoasUnmap call)
    {
        var range = IoPagetable.UnmapRange(call.Iova, call.LengthBytes);
        if (range.Failed)
        {
            End(Sender, range.Errno);
            return;
        }
        var all = range.Value is { Start: 0, Last: ulong.MaxValue };
        Unmap(_pagetable.Unmap(range.Value), Sender, (errno, bytes) =>
            errno != Errno.None ? errno : bytes == 0 && !all ? Errno.ENOENT : new Answer(Errno.None, bytes));
    }

    /// <summary>VFIO's: with large pages off the range cuts areas, and the length comes back on an error too (B25).</summary>
    private void Unmap(VfioUnmapDma call)
    {
        var errno = VfioRules.UnmapAll(call);
        if (errno == Errno.None && !call.All && !_pagetable.LargePages) errno = Cut(VfioRules.Cuts(call));
        if (errno != Errno.None)
        {
            End(Sender, errno);
            return;
        }
        var range = VfioRules.UnmapRange(call);
        if (range.Failed) End(Sender, new VfioUnmapAnswer(range.Errno, 0));
        else Unmap(_pagetable.Unmap(range.Value), Sender, (failed, bytes) => new VfioUnmapAnswer(failed, bytes));
    }

    private Errno Cut(IReadOnlyList<ulong> ends)
    {
        foreach (var last in ends)
        {
            var cut = _pagetable.Cut(last);
            if (cut.Failed) return cut.Errno;
            if (cut.Value) Persist(new AreaCut(last));
        }
        return Errno.None;
    }

    private void Unmap(UnmapOperation operation, IActorRef caller, Func<Errno, ulong, Answer> answer)
    {
        var step = operation.Next();
        if (step.TearDown is { } torn)
        {
            FlushAndFinish(torn, () =>
            {
                Persist([.. Unmapped(torn)]);
                Unmap(operation, caller, answer);
            });
        }
        else if (step.Asked is { } area) AskAccesses(area, () => Unmap(operation, caller, answer));
        else End(caller, answer(step.Errno, operation.UnmappedBytes));
    }

    /// <summary>An event for each run of areas without a hole, in which another call may have mapped since.</summary>
    private static IEnumerable<AreasUnmapped> Unmapped(IReadOnlyList<IoArea> torn)
    {
        var start = torn[0].Iova;
        for (var i = 0; i < torn.Count; i++)
        {
            if (i + 1 < torn.Count && torn[i + 1].Iova == torn[i].Last + 1) continue;
            yield return new AreasUnmapped(start, torn[i].Last - start + 1);
            if (i + 1 < torn.Count) start = torn[i + 1].Iova;
        }
    }

    private void TakeAway(PagesTakenAway taken)
    {
        var areas = _pagetable.TakeAway(taken.Pages);
        if (areas.Any(area => area.State == AreaState.Mapped)) Persist(new PagesRevoked(taken.Pages.What.Number));
        Flush(areas, () => DeferAsync(taken, _ => taken.Done()));
    }

    private void FlushAndFinish(IReadOnlyList<IoArea> areas, Action done) => Flush(areas, () =>
    {
        _pagetable.Finish(areas);
        done();
    });

    private void Flush(IReadOnlyList<IoArea> areas, Action done)
    {
        _flushes++;
        _lifetime.Run(_pagetable.Flush(areas), () =>
        {
            done();
            if (--_flushes == 0) LetDomainsIn();
        });
    }
}
