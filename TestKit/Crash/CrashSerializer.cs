using Akka.Actor;
using Akka.Serialization;
using Iommu.Persistence.Serialization;

namespace Iommu.TestKit.Crash;

/// <summary>The serializer of events, which counts those that are read back.</summary>
/// <param name="system">The actor system.</param>
public sealed class CrashSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly EventSerializer _inner = new(system);

    public override int Identifier => _inner.Identifier;

    public override string Manifest(object o) => _inner.Manifest(o);

    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        CrashTrigger.Current?.Replaying();
        return _inner.FromBinary(bytes, manifest);
    }
}
