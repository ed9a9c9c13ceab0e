using System.Buffers.Binary;
using Akka.Actor;
using Akka.Serialization;

namespace Iommu.Bench.Journal;

/// <summary>16 bytes: what is measured is the journal, not a serializer.</summary>
internal sealed class MappedEventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 4712;

    public override string Manifest(object o) => "mapped/1";

    public override byte[] ToBinary(object obj)
    {
        var mapped = (MappedEvent)obj;
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, mapped.Iova);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), mapped.LengthBytes);
        return bytes;
    }

    public override object FromBinary(byte[] bytes, string manifest) => new MappedEvent(
        BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)));
}
