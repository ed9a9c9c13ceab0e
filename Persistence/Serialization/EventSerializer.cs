using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Newtonsoft.Json;

namespace Iommu.Persistence.Serialization;

/// <summary>Writes events under their frozen manifests, never under CLR type names.</summary>
public sealed class EventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number of this serializer in a journal's rows.</summary>
    public const int JournalIdentifier = 7301;

    public override int Identifier => JournalIdentifier;

    public override string Manifest(object o) => o is EventList ? EventList.Manifest : EventManifests.Of(o.GetType());

    public override byte[] ToBinary(object obj) => EventJson.Write(obj is EventList list ? list.ToRows() : obj);

    /// <exception cref="SerializationException">A manifest that is not ours, or bytes that are not what the manifest says.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            if (manifest == EventList.Manifest) return EventList.FromRows((EventList.Row[])EventJson.Read(bytes, typeof(EventList.Row[])));
            var type = EventManifests.Find(manifest)
                ?? throw new SerializationException($"manifest '{manifest}' is no event of this version of the journal");
            return EventJson.Read(bytes, type);
        }
        catch (JsonException e)
        {
            throw new SerializationException($"event '{manifest}' cannot be read: {e.Message}", e);
        }
    }
}
