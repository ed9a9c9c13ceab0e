using Akka.Actor;

namespace Akka.Serialization;

/// <summary>Bytes as they are.</summary>
public class ByteArraySerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 4;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) =>
        obj as byte[] ?? (obj is null ? null! : throw new NotSupportedException($"{obj.GetType()} is not a byte array."));

    public override object FromBinary(byte[] bytes, Type type) => bytes;
}
