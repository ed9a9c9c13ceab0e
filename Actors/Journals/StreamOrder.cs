using System.Runtime.Serialization;
using Akka.Persistence;
using Iommu.Persistence.Serialization;
using Iommu.Persistence.Streams;
using Newtonsoft.Json;

namespace Iommu.Actors.Journals;

/// <summary>
/// Holds what is replayed of one stream to its order and its kind, and names the first row that is not as it should be. The runtime itself
/// hands over what there is: it does not miss a row that is gone, and an actor ignores an event that it does not know.
/// </summary>
internal sealed class StreamOrder(string stream, StreamKind kind)
{
    private const string SeeRepair = "'iommu graph DB --repair' shows what can be kept";

    private long _last;

    /// <summary>The state that a snapshot offers, as the events that fold to it.</summary>
    /// <exception cref="JournalException">It is no snapshot of this stream.</exception>
    public IReadOnlyList<object> Take(SnapshotOffer offer)
    {
        var number = offer.Metadata.SequenceNr;
        if (kind.RefuseSnapshot(stream, number, offer.Snapshot) is { } fault) throw Refusal(fault);
        _last = number;
        return ((EventList)offer.Snapshot).Events;
    }

    /// <summary>The next event.</summary>
    /// <param name="happened">What was replayed.</param>
    /// <param name="sequenceNr">Its number.</param>
    /// <exception cref="JournalException">One is missing before it, or it does not belong here.</exception>
    public object Take(object happened, long sequenceNr)
    {
        if (sequenceNr != _last + 1) throw Refusal(Gap(_last + 1, sequenceNr - 1, $"the next one that there is has number {sequenceNr}"));
        if (kind.Refuse(stream, sequenceNr, happened) is { } fault) throw Refusal(fault);
        _last = sequenceNr;
        return happened;
    }

    /// <summary>Everything was replayed.</summary>
    /// <param name="highest">The highest number that the journal knows of this stream.</param>
    /// <exception cref="JournalException">Rows at its end are marked as deleted.</exception>
    public void End(long highest)
    {
        if (highest > _last) throw Refusal(Gap(_last + 1, highest, $"the journal says that there were {highest}"));
    }

    /// <summary>What ended a recovery, in words that name the row, when it was a row.</summary>
    public Exception Explain(Exception cause)
    {
        var root = cause is AggregateException many ? many.GetBaseException() : cause;
        return root switch
        {
            JournalException => root,
            EventFormatException { Manifest: EventList.Manifest } format => Refusal(new RowFault(
                RowFault.Snapshot, stream, null, format.Manifest, format.Wrong, format.Right), format),
            EventFormatException format => Refusal(Next(format.Manifest, format.Wrong, format.Right), format),
            // Of another serializer.
            SerializationException or JsonException or InvalidCastException or TypeLoadException or FormatException => Refusal(
                Next(null, OneLine(root), $"right is what serializer {EventSerializer.JournalIdentifier} wrote of {kind.What}"), root),
            _ => new JournalException($"stream {stream} cannot be read: {OneLine(root)}", root),
        };
    }

    /// <summary>What comes after the last. Before the first event it is not said of which table it was.</summary>
    private RowFault Next(string? manifest, string wrong, string right) => new(
        _last == 0 ? $"{RowFault.Snapshot} (the newest) or {RowFault.Journal}" : RowFault.Journal,
        stream, _last + 1, manifest, wrong, right);

    private RowFault Gap(long from, long to, string there) => new(RowFault.Journal, stream, from, null,
        from == to ? $"it is missing: {there}" : $"{from} to {to} are missing: {there}", "right is a row for each number from 1 up");

    private static JournalException Refusal(RowFault fault, Exception? cause = null) => new($"{fault}; {SeeRepair}", cause) { Row = fault };

    private static string OneLine(Exception cause) =>
        string.Join(' ', cause.Message.Split((char[])[' ', '\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
