using Akka.Actor;
using Akka.Serialization;

namespace Iommu.Persistence.Serialization;

/// <summary>Writes events under their frozen manifests, never under CLR type names.</summary>
public sealed class EventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number of this serializer in a journal's rows.</summary>
    public const int JournalIdentifier = 7301;

    public override int Identifier => JournalIdentifier;

    public override string Manifest(object o) => EventFormat.Manifest(o);

    public override byte[] ToBinary(object obj) => EventFormat.Write(obj);

    /// <exception cref="EventFormatException">A manifest that is not ours, or bytes that are not what the manifest says.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => EventFormat.Read(bytes, manifest);
}
