using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;

namespace Iommu.Persistence.Streams;

/// <summary>
/// Looks through all rows of a stream, whatever is wrong with them, and says what of it a recovery could have: the newest state that a
/// snapshot and the rows without a gap behind it lead to, or the rows from number 1.
/// </summary>
/// <param name="stream">The persistence id.</param>
/// <param name="kind">What should be in it.</param>
public sealed class StreamSurvey(string stream, StreamKind kind)
{
    private const int FaultsKept = 100;

    private readonly List<(long First, long Last)> _runs = [];
    private readonly SortedSet<long> _snapshots = [];
    private readonly List<RowFault> _faults = [];
    private readonly Dictionary<string, long> _ioases = [];
    private readonly HashSet<string> _formerWriters = [];
    private string? _writer;
    private long _rows;
    private long _faultsTotal;

    /// <summary>The next row of the table <c>journal</c>, in the order of numbers.</summary>
    public void Add(StoredRow row)
    {
        _rows++;
        if (FaultOf(row) is { } fault)
        {
            Note(fault);
            return;
        }
        var number = row.SequenceNr;
        if (_runs is [.., var last] && last.Last == number - 1) _runs[^1] = (last.First, number);
        else _runs.Add((number, number));
    }

    /// <summary>A row of the table <c>snapshot</c>.</summary>
    public void AddSnapshot(StoredRow row)
    {
        if (FaultOf(row) is { } fault) Note(fault);
        else _snapshots.Add(row.SequenceNr);
    }

    public StreamPlan Decide()
    {
        var (from, last) = (0L, End(0));
        foreach (var snapshot in _snapshots)
            if (End(snapshot) >= last) (from, last) = (snapshot, End(snapshot));
        return new StreamPlan(stream, kind, from, last, _rows, _faultsTotal, _faults, _runs, _snapshots, _ioases);
    }

    /// <summary>The last number that there is without a gap behind this one.</summary>
    private long End(long from)
    {
        foreach (var run in _runs)
            if (run.First <= from + 1 && from + 1 <= run.Last) return run.Last;
        return from;
    }

    private RowFault? FaultOf(StoredRow row)
    {
        if (row.SequenceNr < 1) return Fault("a stream has no such number", "right are numbers from 1 up");
        if (row.IsDeleted) return Fault("it is marked as deleted", "the simulator deletes nothing");
        if (row.Serializer != EventSerializer.JournalIdentifier)
            return Fault($"it was written by {(row.Serializer is { } other ? $"serializer {other}" : "no serializer that it names")}",
                $"right is serializer {EventSerializer.JournalIdentifier}");
        if (row.Bytes is null) return Fault("what it holds are no bytes", "right is JSON in UTF-8, as bytes");
        if (IsOfFormerWriter(row))
            return Fault($"its writer {row.Writer} had been followed by {_writer}", "right is one writer after the other");
        try
        {
            var read = EventFormat.Read(row.Bytes, row.Manifest);
            Remember(read, row.SequenceNr);
            return row.Table == RowFault.Snapshot
                ? kind.RefuseSnapshot(stream, row.SequenceNr, read) : kind.Refuse(stream, row.SequenceNr, read);
        }
        catch (EventFormatException e)
        {
            return Fault(e.Wrong, e.Right);
        }

        RowFault Fault(string wrong, string right) => new(row.Table, stream, row.SequenceNr, row.Manifest, wrong, right);
    }

    /// <summary>The journal's replay filter, which refuses what a writer wrote after another had taken over.</summary>
    private bool IsOfFormerWriter(StoredRow row)
    {
        if (row.Table == RowFault.Snapshot || row.Writer == _writer) return false;
        if (_formerWriters.Contains(row.Writer)) return true;
        if (_writer is not null) _formerWriters.Add(_writer);
        _writer = row.Writer;
        return false;
    }

    private void Remember(object read, long number)
    {
        foreach (var happened in read is EventList list ? list.Events : [read])
            if (happened is IoasAllocated ioas && (!_ioases.TryGetValue(ioas.Stream, out var known) || number < known))
                _ioases[ioas.Stream] = number;
    }

    private void Note(RowFault fault)
    {
        _faultsTotal++;
        if (_faults.Count < FaultsKept) _faults.Add(fault);
    }
}
