using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

/// <summary>
/// An event queue in the plainest words: everything that was ever reported, and what became of it. With a bug it does what the
/// checkers have to find.
/// </summary>
internal sealed class NaiveVeventQueue(uint depth, VeventQueueBug bug = VeventQueueBug.None, uint firstSequence = 0)
{
    private readonly List<Report> _reports = [];
    private int _leaked;

    private enum Fate
    {
        Lost,
        LostAndTold,
        Queued,
        Read,
    }

    public uint Held => (uint)(Queued + _leaked);

    public int Queued => _reports.Count(report => report.Fate == Fate.Queued);

    public Errno Add(byte[] data, bool noMemory = false)
    {
        var room = bug == VeventQueueBug.HoldsOneMoreThanItsDepth ? depth + 1 : depth;
        var kept = !noMemory && Held < room && !(bug == VeventQueueBug.DropsAnEventThatHasRoom && _reports.Count % 7 == 3);
        _reports.Add(new Report(NextSequence(), data) { Fate = kept ? Fate.Queued : Fate.Lost });
        return noMemory ? Errno.ENOMEM : Errno.None;
    }

    public Answer Read(int countBytes, CopyOut copyOut, Func<bool> noMemory)
    {
        if (countBytes < 8) return Errno.EINVAL;
        var done = 0;
        while (true)
        {
            if (Next() is not { } next) return new Answer(Errno.None, (ulong)done);
            if (next.Fate == Fate.Lost && noMemory()) return Ended(Errno.ENOMEM);
            var bytes = Layout(next);
            if (bytes.Length > countBytes - done) return Ended(Errno.EINVAL);
            if (copyOut(done, bytes.AsSpan(0, 8)) != Errno.None || bytes.Length > 8 && copyOut(done + 8, bytes.AsSpan(8)) != Errno.None)
            {
                if (bug == VeventQueueBug.LeaksDepthWhenACopyFails) _leaked++;
                if (bug == VeventQueueBug.DropsTheEventWhoseCopyFails) next.Fate = Fate.Lost;
                return Ended(Errno.EFAULT);
            }
            next.Fate = next.Fate == Fate.Queued ? Fate.Read : Fate.LostAndTold;
            done += bytes.Length;
        }

        Answer Ended(Errno errno) => done == 0 ? errno : new Answer(Errno.None, (ulong)done);
    }

    /// <summary>The oldest event that is queued; or the last report, if that was lost and nobody was told.</summary>
    private Report? Next()
    {
        if (_reports.Find(report => report.Fate == Fate.Queued) is { } queued) return queued;
        if (bug == VeventQueueBug.SaysNothingOfALossAtTheTail) return null;
        return _reports.Count > 0 && _reports[^1].Fate == Fate.Lost ? _reports[^1] : null;
    }

    private byte[] Layout(Report report)
    {
        var lost = report.Fate == Fate.Lost || bug == VeventQueueBug.SaysThatAQueuedEventWasLost && report.Sequence % 5 == 4;
        var data = bug == VeventQueueBug.GivesTheDataOfAnother ? _reports[0].Data : report.Data;
        return [.. BitConverter.GetBytes(lost ? 1u : 0), .. BitConverter.GetBytes(report.Sequence), .. lost ? [] : data];
    }

    private uint NextSequence()
    {
        var next = (uint)((firstSequence + (ulong)_reports.Count) % (1UL << 31));
        if (_reports.Count % 6 != 5) return next;
        return bug == VeventQueueBug.RepeatsASequenceNumber ? next - 1 : bug == VeventQueueBug.CountsBackwards ? next - 3 : next;
    }

    private sealed class Report(uint sequence, byte[] data)
    {
        public uint Sequence => sequence;

        public byte[] Data => data;

        public Fate Fate { get; set; }
    }
}
