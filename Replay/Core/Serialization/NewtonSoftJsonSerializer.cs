using System.Reflection;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Newtonsoft.Json.Serialization;

namespace Akka.Serialization;

/// <summary>
/// The default for every object: JSON with type names and object identities in it, byte for byte as Akka.NET 1.5 writes it.
/// </summary>
public class NewtonSoftJsonSerializer : Serializer
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public NewtonSoftJsonSerializer(ExtendedActorSystem system) : this(system, ConfigurationFactory.Empty)
    {
    }

    public NewtonSoftJsonSerializer(ExtendedActorSystem system, Config config) : base(system)
    {
        Settings = new JsonSerializerSettings
        {
            PreserveReferencesHandling = config.GetBoolean("preserve-object-references", true)
                ? PreserveReferencesHandling.Objects
                : PreserveReferencesHandling.None,
            NullValueHandling = NullValueHandling.Ignore,
            DefaultValueHandling = DefaultValueHandling.Ignore,
            MissingMemberHandling = MissingMemberHandling.Ignore,
            ObjectCreationHandling = ObjectCreationHandling.Replace,
            ConstructorHandling = ConstructorHandling.AllowNonPublicDefaultConstructor,
            TypeNameHandling = config.GetBoolean("encode-type-names", true) ? TypeNameHandling.All : TypeNameHandling.None,
            ContractResolver = new PrivateSetters(),
            Converters = { new TypedValueConverter(this) },
        };
    }

    public JsonSerializerSettings Settings { get; }

    public override int Identifier => 1;

    public override bool IncludeManifest => false;

    internal ExtendedActorSystem ActorSystem => system;

    public override byte[] ToBinary(object obj) => Utf8.GetBytes(JsonConvert.SerializeObject(obj, Formatting.None, Settings));

    public override object FromBinary(byte[] bytes, Type type) =>
        TypedValueConverter.Restore(JsonConvert.DeserializeObject(Utf8.GetString(bytes), Settings), type, this)!;

    private sealed class PrivateSetters : DefaultContractResolver
    {
        protected override JsonProperty CreateProperty(MemberInfo member, MemberSerialization memberSerialization)
        {
            var property = base.CreateProperty(member, memberSerialization);
            property.Writable |= member is PropertyInfo info && info.GetSetMethod(nonPublic: true) is not null;
            return property;
        }
    }
}
