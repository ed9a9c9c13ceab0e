using System.Text;
using Akka.Actor;
using Akka.Serialization;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>An event with a manifest; a negative number cannot be written.</summary>
public sealed record VersionedEvent(int Number);

public sealed class VersionedEventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public const string Config =
        """
        akka.actor {
          serializers.versioned = "Iommu.Tests.Conformance.Persistence.VersionedEventSerializer, Iommu.Tests"
          serialization-bindings { "Iommu.Tests.Conformance.Persistence.VersionedEvent, Iommu.Tests" = versioned }
        }

        """;

    public override int Identifier => 4711;

    public override string Manifest(object o) => "number/1";

    public override byte[] ToBinary(object obj) => obj is VersionedEvent { Number: >= 0 } versioned
        ? Encoding.UTF8.GetBytes(versioned.Number.ToString())
        : throw new NotSupportedException($"cannot write {obj}");

    public override object FromBinary(byte[] bytes, string manifest) => manifest == "number/1"
        ? new VersionedEvent(int.Parse(Encoding.UTF8.GetString(bytes)))
        : throw new ArgumentException("unknown manifest " + manifest);
}
