using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>
/// Dirty bits of a domain, area by area. A device may still hold a cleared page as dirty and write to it unseen: every cache has
/// forgotten it before the call is over, and no other call on the IOAS comes in between.
/// </summary>
internal sealed partial class IoasActor
{
    private void TrackDirty(TrackDirty track)
    {
        var caller = Sender;
        var domain = (IPagingDomain)track.Hwpt.Hardware!;
        var cleared = new PageRuns();
        if (track.Enable) _pagetable.ClearDirty(domain, cleared.Add);
        FlushDirty(domain, cleared, () =>
        {
            domain.Dirty!.Tracking = track.Enable;
            var happened = new DirtyTrackingSet(track.Hwpt.Id, track.Enable);
            _environment.Context.Tell(new Journal([happened], Answer.Success, (track.Hwpt.Actor, Release.Call)), caller);
        });
    }

    private void ReadDirty(ReadDirty read)
    {
        var (call, caller) = (read.Call, Sender);
        var domain = (IPagingDomain)read.Hwpt.Hardware!;
        var errno = DirtyBitmap.Check(call, _pagetable.IovaAlignment);
        if (errno == Errno.None && domain.Dirty is null) errno = Errno.EOPNOTSUPP;
        // What comes after a hole is not looked at, and the call succeeds all the same (iova_bitmap_for_each).
        var covered = errno == Errno.None ? _pagetable.ContiguousBytes(call.Iova, call.LengthBytes) : 0;
        var bitmap = errno == Errno.None ? DirtyBitmap.Create(call.Iova, covered, call.PageSizeBytes) : errno;
        if (bitmap.Failed)
        {
            End(new Answer(bitmap.Errno));
            return;
        }
        var clear = !call.Flags.HasFlag(DirtyBitmapFlags.NoClear);
        var cleared = new PageRuns();
        if (covered > 0) _pagetable.ReadDirty(domain, call.Iova, covered, clear, OnDirty);
        FlushDirty(domain, cleared, () => End(new DirtyBitmapAnswer(Errno.None, bitmap.Value!.Bytes)));

        void OnDirty(ulong iova, ulong lengthBytes)
        {
            bitmap.Value!.Set(iova, lengthBytes);
            if (clear) cleared.Add(iova, lengthBytes);
        }

        void End(Answer answer)
        {
            read.Hwpt.Actor.Tell(Release.Call);
            caller.Tell(answer);
        }
    }

    private void FlushDirty(IPagingDomain domain, PageRuns runs, Action done)
    {
        HoldAreas();
        _lifetime.Run(runs.All.SelectMany(run => domain.Flush(run.Iova, run.LengthBytes)), () =>
        {
            done();
            LetAreasGo();
        });
    }
}
