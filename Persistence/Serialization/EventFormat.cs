using System.Text.Json;

namespace Iommu.Persistence.Serialization;

/// <summary>Events and snapshots as the bytes of a row, by their manifest.</summary>
public static class EventFormat
{
    public static string Manifest(object written) => written is EventList ? EventList.Manifest : EventManifests.Of(written.GetType());

    public static byte[] Write(object written) => EventJson.Write(written is EventList list ? list.ToRows() : written);

    /// <exception cref="EventFormatException">A manifest that is not ours, or bytes that are not what the manifest says.</exception>
    public static object Read(byte[] bytes, string manifest)
    {
        try
        {
            return manifest == EventList.Manifest ? ReadList(bytes)
                : EventJson.Read(bytes, EventManifests.Find(manifest) ?? throw Unknown(manifest));
        }
        catch (JsonException e)
        {
            throw new EventFormatException(manifest, $"its {bytes.Length} bytes cannot be read: {e.Message}",
                $"right is JSON with the fields of {manifest} (docs/journal.md)", e);
        }
    }

    private static EventList ReadList(byte[] bytes)
    {
        try
        {
            return EventList.FromRows((EventList.Row[])EventJson.Read(bytes, typeof(EventList.Row[])));
        }
        catch (EventFormatException e)
        {
            throw new EventFormatException(EventList.Manifest, $"it holds '{e.Manifest}': {e.Wrong}", e.Right, e);
        }
    }

    internal static EventFormatException Unknown(string manifest)
    {
        var name = manifest.Split('.')[0];
        var known = EventManifests.All.Where(other => other.Split('.')[0] == name).ToList();
        return new EventFormatException(manifest, "it is no event of this version of the journal",
            known.Count > 0 ? $"this build reads {string.Join(" and ", known)}: use the build that wrote it"
            : "only rows of a simulator belong in this stream");
    }
}
