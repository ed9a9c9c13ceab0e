using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I7 of one event queue: numbers only rise, and every gap is explained by a header of lost events or by the overflow rule. It
/// is told before and after each report, and before and after each read. There is one reporter, which gives events their order, and one
/// reader; the two may overlap.
/// </summary>
/// <param name="queue">What findings call it.</param>
/// <param name="depth">Events that it holds at most.</param>
/// <param name="findings">Where to report.</param>
/// <param name="firstSequence">The number of the first event.</param>
public sealed class VeventSequenceChecker(string queue, uint depth, Findings findings, uint firstSequence = 0)
{
    private const ulong Sequences = 1UL << 31;
    private static readonly int HeaderBytes = Unsafe.SizeOf<IommufdVeventHeader>();

    private readonly Lock _lock = new();

    // What was reported, may be queued, and was not given out. Numbers count from 0 and never wrap.
    private readonly LinkedList<Report> _reports = [];
    private Report? _reporting;
    private ulong _next;
    private ulong _given;
    private ulong? _readFrom;
    private uint _kept;

    /// <summary>What may have become of an event when it was reported.</summary>
    private enum Fate
    {
        Kept,
        KeptOrLost,
        Lost,
    }

    /// <summary>An event is about to be reported.</summary>
    public void Reporting(ReadOnlyMemory<byte> data)
    {
        lock (_lock)
        {
            var fate = _reports.Count < depth ? Fate.Kept : _kept < depth || _readFrom is not null ? Fate.KeptOrLost : Fate.Lost;
            _reporting = new Report(_next++, data, _kept) { Fate = fate };
            if (fate != Fate.Lost) _reports.AddLast(_reporting);
            if (fate == Fate.Kept) _kept++;
        }
    }

    /// <summary>The report was answered. One that was refused has no number.</summary>
    public void Reported(Errno errno)
    {
        lock (_lock)
        {
            var isOpen = _reports.Last?.Value == _reporting;
            if (errno != Errno.None && isOpen) Remove(_reports.Last!);
            if (errno == Errno.None && _reporting!.IsSaidToBeLost) BreakHadRoom(_reporting);
            if (errno is not (Errno.None or Errno.ENOMEM))
            {
                if (_given == _next) Break($"event {Sequence(_next - 1)} was given out, but its report was refused: {errno}");
                else _next--;
            }
            _reporting = null;
        }
    }

    /// <summary>A read is about to begin.</summary>
    public void Reading()
    {
        lock (_lock)
        {
            _readFrom = _reporting is null ? _next : _next - 1;
            if (_reporting is not { Fate: Fate.Lost } lost) return;
            lost.Fate = Fate.KeptOrLost;
            _reports.AddLast(lost);
        }
    }

    /// <summary>It returned this.</summary>
    /// <param name="answer">Its answer.</param>
    /// <param name="bytes">What it gave out.</param>
    public void Read(Answer answer, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            while (bytes.Length >= HeaderBytes)
            {
                var length = Given(MemoryMarshal.Read<IommufdVeventHeader>(bytes), bytes[HeaderBytes..]);
                if (length < 0) break;
                bytes = bytes[(HeaderBytes + length)..];
            }
            if (bytes.Length > 0 && bytes.Length < HeaderBytes) Break($"a read ended within a header, after {bytes.Length} bytes of it");
            if (answer is { Errno: Errno.None, Value: 0 }) FoundEmpty(_readFrom!.Value);
            _readFrom = null;
        }
    }

    /// <summary>What the queue counts against its depth and what it has, at any moment between two reads.</summary>
    public void Look(uint held, int queued)
    {
        if (held != queued) Break($"{held} events are counted against its depth and it has {queued}: depth leaks");
        if (held > depth) Break($"it holds {held} events, more than its depth of {depth}");
    }

    /// <summary>Looks at the actor, in its own turn.</summary>
    public Task LookAsync(IActorRef actor) => actor.Ask<object>(new Inspect(found =>
    {
        var ring = (VeventRing)found.State!;
        Look(ring.Held, ring.Queued);
        return found.Id;
    }));

    /// <summary>A header was given out: the length of its data, or -1 when that cannot be known.</summary>
    private int Given(IommufdVeventHeader header, ReadOnlySpan<byte> data)
    {
        var ahead = (header.Sequence - (ulong)Sequence(_given)) % Sequences;
        var wrong = ahead == Sequences - 1 ? "was given out twice"
            : ahead > Sequences / 2 ? $"comes after {Sequence(_given - 1)}: numbers go back"
            : _given + ahead >= _next ? "was given out, but nothing was reported with it" : null;
        if (wrong is not null)
        {
            Break($"number {header.Sequence} {wrong}");
            return -1;
        }
        PassOver(_given + ahead);
        var report = _reports.First is { } first && first.Value.Number == _given ? first.Value : null;
        if (report is not null) Remove(_reports.First!);
        _given++;
        return header.Flags.HasFlag(VeventFlags.LostEvents) ? GivenAsLost(report) : Given(header.Sequence, report, data);
    }

    private int Given(uint sequence, Report? report, ReadOnlySpan<byte> data)
    {
        if (report is null) Break($"event {sequence} was given out, but {depth} were held before it: it had no room");
        else if (data.Length < report.Data.Length || !data[..report.Data.Length].SequenceEqual(report.Data.Span))
            Break($"event {sequence} was given out with other data than it was reported with");
        else return report.Data.Length;
        return -1;
    }

    private int GivenAsLost(Report? report)
    {
        if (report is not { Fate: Fate.Kept }) return 0;
        // Without memory it was lost: its answer will tell.
        if (report == _reporting) report.IsSaidToBeLost = true;
        else BreakHadRoom(report);
        return 0;
    }

    private void FoundEmpty(ulong upTo)
    {
        if (upTo > _given && upTo == _next && _reports.Last is not { Value.Fate: Fate.Kept })
            Break($"event {Sequence(_next - 1)} was the last and was lost, and no header says so");
        PassOver(Math.Max(upTo, _given));
    }

    /// <summary>Everything before this number that was not given out is lost.</summary>
    private void PassOver(ulong number)
    {
        while (_reports.First is { } skipped && skipped.Value.Number < number)
        {
            Remove(skipped);
            if (skipped.Value.Fate == Fate.Kept)
                Break($"no header and no overflow explains the gap at {Sequence(skipped.Value.Number)}: "
                    + $"{skipped.Value.HeldBefore} of {depth} were held before it");
        }
        _given = number;
    }

    private void Remove(LinkedListNode<Report> report)
    {
        _reports.Remove(report);
        if (report.Value.Fate == Fate.Kept) _kept--;
    }

    private void BreakHadRoom(Report report) =>
        Break($"event {Sequence(report.Number)} is said to be lost, but it had room: {report.HeldBefore} of {depth} were held before it");

    private uint Sequence(ulong number) => (uint)((firstSequence + number) % Sequences);

    private void Break(string what) => findings.Report("I7", $"{queue}: {what}");

    private sealed class Report(ulong number, ReadOnlyMemory<byte> data, uint heldBefore)
    {
        public ulong Number => number;

        public ReadOnlyMemory<byte> Data => data;

        public uint HeldBefore => heldBefore;

        public Fate Fate { get; set; }

        public bool IsSaidToBeLost { get; set; }
    }
}
