using System.Text;

namespace Iommu.Persistence.Serialization;

/// <summary>A snapshot: the shortest list of events that folds to the state. It needs no format of its own.</summary>
public sealed record EventList(IReadOnlyList<object> Events)
{
    public const string Manifest = "event-list.v1";

    internal Row[] ToRows() =>
        [.. Events.Select(e => new Row(EventManifests.Of(e.GetType()), Encoding.UTF8.GetString(EventJson.Write(e))))];

    internal static EventList FromRows(Row[] rows) => new(
        [.. rows.Select(row => EventFormat.Read(Encoding.UTF8.GetBytes(row.Event), row.Manifest))]);

    internal sealed record Row(string Manifest, string Event);
}
