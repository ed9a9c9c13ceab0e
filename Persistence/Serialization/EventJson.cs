using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Iommu.Messages;

namespace Iommu.Persistence.Serialization;

/// <summary>Events as JSON: camelCase fields, enums by number, ids as numbers, bytes in base 64.</summary>
internal static class EventJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Names and paths are to be read in a row as they are: it is no part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new ObjectIdConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Declared } },
        // What is damaged must not pass for an event: neither a field too many or too few, nor one twice, nor anything after the end.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <exception cref="ArgumentException">A string that is no text: half a surrogate pair.</exception>
    public static byte[] Write(object value) => JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), Options);

    /// <exception cref="JsonException">The bytes are not what is written of the type, or of an earlier version of it.</exception>
    public static object Read(byte[] bytes, Type type) =>
        JsonSerializer.Deserialize(bytes, type, Options) ?? throw new JsonException($"{type.Name}: empty");

    /// <summary>
    /// The fields are the parameters of the declaration, and nothing else that can be asked of an event. A field must be there, unless its
    /// parameter has a default: that is what earlier versions lack.
    /// </summary>
    private static void Declared(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object) return;
        var parameters = type.Type.GetConstructors().SelectMany(constructor => constructor.GetParameters()).ToList();
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            var property = type.Properties[i];
            var name = ((MemberInfo)property.AttributeProvider!).Name;
            if (parameters.Find(parameter => parameter.Name == name) is { } declared) property.IsRequired = !declared.HasDefaultValue;
            else type.Properties.RemoveAt(i);
        }
    }

    private sealed class ObjectIdConverter : JsonConverter<ObjectId>
    {
        public override void Write(Utf8JsonWriter writer, ObjectId value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Value);

        public override ObjectId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => new(reader.GetUInt32());
    }
}
