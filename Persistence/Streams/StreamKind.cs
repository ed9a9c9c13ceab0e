using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;

namespace Iommu.Persistence.Streams;

/// <summary>What a stream is of, by its name, and so which events belong in it.</summary>
/// <param name="What">In a word.</param>
/// <param name="Events">What its events are.</param>
public sealed record StreamKind(string What, Type Events)
{
    public static readonly StreamKind Directory = new("the directory of contexts", typeof(DirectoryEvent));
    public static readonly StreamKind Context = new("a context", typeof(GraphEvent));
    public static readonly StreamKind Ioas = new("an IOAS", typeof(MappingEvent));

    /// <summary>Null for a stream that is none of a simulator's.</summary>
    public static StreamKind? Of(string stream) =>
        stream == StreamNames.Directory ? Directory
        : stream.StartsWith(StreamNames.Context(""), StringComparison.Ordinal) ? Context
        : stream.StartsWith(StreamNames.IoasPrefix, StringComparison.Ordinal) ? Ioas : null;

    /// <summary>Null when it belongs in the stream.</summary>
    public RowFault? Refuse(string stream, long sequenceNr, object happened) => Events.IsInstanceOfType(happened) ? null
        : new RowFault(RowFault.Journal, stream, sequenceNr, ManifestOf(happened),
            $"it is a {happened.GetType().Name}, which is no event of {What}", "right is what a simulator wrote to this stream");

    /// <summary>Null when it is a snapshot of such a stream.</summary>
    public RowFault? RefuseSnapshot(string stream, long sequenceNr, object state)
    {
        if (state is not EventList list) return Fault($"it is a {state.GetType().Name}", ManifestOf(state));
        var foreign = list.Events.FirstOrDefault(happened => !Events.IsInstanceOfType(happened));
        return foreign is null ? null
            : Fault($"it holds a {foreign.GetType().Name}, which is no event of {What}", EventList.Manifest);

        RowFault Fault(string wrong, string? manifest) => new(RowFault.Snapshot, stream, sequenceNr, manifest, wrong,
            $"right is a list of events of {What}");
    }

    private static string? ManifestOf(object read) =>
        read is EventList ? EventList.Manifest : EventManifests.Types.Contains(read.GetType()) ? EventManifests.Of(read.GetType()) : null;
}
