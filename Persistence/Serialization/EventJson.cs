using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Text;
using Iommu.Messages;
using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;

namespace Iommu.Persistence.Serialization;

/// <summary>Events as JSON: camelCase fields, enums by number, ids as numbers, bytes in base 64.</summary>
internal static class EventJson
{
    private static readonly JsonSerializer Serializer = JsonSerializer.Create(new JsonSerializerSettings
    {
        ContractResolver = new EventContracts(),
        Converters = { new ObjectIdConverter() },
        // What is damaged must not pass for an event: neither a field too many or too few, nor anything after the end.
        MissingMemberHandling = MissingMemberHandling.Error,
        CheckAdditionalContent = true,
    });

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Write(object value)
    {
        using var text = new StringWriter(new StringBuilder(128), CultureInfo.InvariantCulture);
        using (var writer = new JsonTextWriter(text) { ArrayPool = CharPool.Instance }) Serializer.Serialize(writer, value);
        return Utf8.GetBytes(text.ToString());
    }

    public static object Read(byte[] bytes, Type type)
    {
        using var reader = new JsonTextReader(new StringReader(Utf8.GetString(bytes))) { ArrayPool = CharPool.Instance };
        return Serializer.Deserialize(reader, type) ?? throw new JsonSerializationException($"{type.Name}: empty");
    }

    /// <summary>A field must be there, unless its declaration has a default: that is what earlier versions lack.</summary>
    private sealed class EventContracts : CamelCasePropertyNamesContractResolver
    {
        private const BindingFlags AnyVisibility = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

        private static readonly NullabilityInfoContext Nullability = new();

        protected override JsonProperty CreateProperty(MemberInfo member, MemberSerialization memberSerialization)
        {
            var property = base.CreateProperty(member, memberSerialization);
            var declared = member.DeclaringType!.GetConstructors(AnyVisibility).SelectMany(constructor => constructor.GetParameters())
                .FirstOrDefault(parameter => parameter.Name == member.Name && parameter.ParameterType == property.PropertyType);
            if (declared is { HasDefaultValue: false })
                property.Required = MayBeNull(declared) ? Required.AllowNull : Required.Always;
            return property;
        }

        private static bool MayBeNull(ParameterInfo parameter)
        {
            lock (Nullability) return Nullability.Create(parameter).WriteState == NullabilityState.Nullable;
        }
    }

    /// <summary>A recovery reads millions of rows: their buffers are used again.</summary>
    private sealed class CharPool : IArrayPool<char>
    {
        public static readonly CharPool Instance = new();

        public char[] Rent(int minimumLength) => ArrayPool<char>.Shared.Rent(minimumLength);

        public void Return(char[]? array)
        {
            if (array is not null) ArrayPool<char>.Shared.Return(array);
        }
    }

    private sealed class ObjectIdConverter : JsonConverter<ObjectId>
    {
        public override void WriteJson(JsonWriter writer, ObjectId value, JsonSerializer serializer) => writer.WriteValue(value.Value);

        public override ObjectId ReadJson(
            JsonReader reader, Type objectType, ObjectId existing, bool hasExisting, JsonSerializer serializer) =>
            new(Convert.ToUInt32(reader.Value));
    }
}
