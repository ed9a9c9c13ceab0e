using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>
/// The events of one event queue of a vIOMMU (struct iommufd_veventq; eventq.c, driver.c iommufd_viommu_report_event). Every event has a
/// number. One that finds no room is lost: a header without data says so at the tail, until a later event is queued; then the gap
/// in the numbers says it (invariant I7).
/// </summary>
/// <param name="depth">Events that it holds at most.</param>
/// <param name="failures">Which allocations fail.</param>
/// <param name="sequence">The number of the first event.</param>
internal sealed class VeventRing(uint depth, IFailureInjection failures, uint sequence = 0)
{
    private const uint SequenceMax = int.MaxValue;

    private static readonly int HeaderBytes = Unsafe.SizeOf<IommufdVeventHeader>();

    private readonly LinkedList<Vevent> _deliver = [];
    private readonly Vevent _lost = new(VeventFlags.LostEvents, []);

    /// <summary>Events that count against its depth. A header of lost ones does not.</summary>
    public uint Held { get; private set; }

    /// <summary>Events that it really has. Between two reads they are what counts against its depth (B46).</summary>
    public int Queued => _deliver.Count(vevent => !vevent.IsLostHeader);

    /// <summary>The number of the next event.</summary>
    public uint NextSequence { get; private set; } = sequence;

    public bool IsReadable => _deliver.Count > 0;

    /// <summary>Queues an event, or the header that says that it was lost.</summary>
    /// <returns>ENOMEM when no memory for it can be had; EINVAL for one without data. One that finds no room is no error.</returns>
    public Errno Report(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return Errno.EINVAL;
        var errno = failures.ShouldFail("allocate vevent") ? Errno.ENOMEM : Errno.None;
        if (errno != Errno.None || Held == depth) Queue(_lost);
        else
        {
            Held++;
            Queue(new Vevent(VeventFlags.None, data.ToArray()));
        }
        return errno;
    }

    /// <summary>Takes a number for whatever was lost before it, and says so at the tail.</summary>
    public void ReportLost() => Queue(_lost);

    /// <summary>Gives out as many events as fit (iommufd_veventq_fops_read).</summary>
    /// <returns>
    /// The bytes given out, also when a later event failed; 0 when there is none. EINVAL less than a header, or the first event does not
    /// fit; EFAULT, ENOMEM: an event that failed is the next one to be read.
    /// </returns>
    public Answer Read(int countBytes, CopyOut copyOut)
    {
        if (countBytes < HeaderBytes) return Errno.EINVAL;
        var done = 0;
        var errno = Errno.None;
        while (errno == Errno.None && Fetch(out errno) is { } vevent)
        {
            errno = vevent.LengthBytes > countBytes - done ? Errno.EINVAL : vevent.CopyTo(copyOut, done);
            if (errno != Errno.None) Restore(vevent);
            else
            {
                done += vevent.LengthBytes;
                if (!vevent.IsLostHeader) Held--;
            }
        }
        return done == 0 ? errno : new Answer(Errno.None, (ulong)done);
    }

    /// <summary>
    /// The header of lost events is one, and gives up its place for what comes after it: another event, or itself with a new number.
    /// </summary>
    private void Queue(Vevent vevent)
    {
        if (_deliver.Last?.Value == _lost) _deliver.RemoveLast();
        vevent.Sequence = NextSequence;
        NextSequence = (NextSequence + 1) & SequenceMax;
        _deliver.AddLast(vevent);
    }

    /// <summary>
    /// What is copied out is off the queue, so that events can be reported meanwhile. Of the header of lost ones it is a copy.
    /// </summary>
    private Vevent? Fetch(out Errno errno)
    {
        errno = Errno.None;
        if (_deliver.First?.Value is not { } first) return null;
        if (first == _lost)
        {
            if (failures.ShouldFail("copy the header of lost events"))
            {
                errno = Errno.ENOMEM;
                return null;
            }
            first = new Vevent(VeventFlags.LostEvents, []) { Sequence = _lost.Sequence };
        }
        _deliver.RemoveFirst();
        return first;
    }

    /// <summary>Its depth stays taken (B46). A header of lost events is not needed any more where something is queued again.</summary>
    private void Restore(Vevent vevent)
    {
        if (!vevent.IsLostHeader) _deliver.AddFirst(vevent);
        else if (_deliver.Count == 0) _deliver.AddFirst(_lost);
    }

    private sealed class Vevent(VeventFlags flags, byte[] data)
    {
        public bool IsLostHeader => flags.HasFlag(VeventFlags.LostEvents);

        public uint Sequence { get; set; }

        public int LengthBytes => HeaderBytes + data.Length;

        public Errno CopyTo(CopyOut copyOut, int offset)
        {
            var header = new IommufdVeventHeader { Flags = flags, Sequence = Sequence };
            var errno = copyOut(offset, MemoryMarshal.AsBytes(new ReadOnlySpan<IommufdVeventHeader>(in header)));
            return errno != Errno.None || data.Length == 0 ? errno : copyOut(offset + HeaderBytes, data);
        }
    }
}
