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
        ContractResolver = new CamelCasePropertyNamesContractResolver(),
        Converters = { new ObjectIdConverter() },
        MissingMemberHandling = MissingMemberHandling.Error,
    });

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static byte[] Write(object value)
    {
        using var stream = new MemoryStream(128);
        using (var writer = new StreamWriter(stream, Utf8, 256, leaveOpen: true)) Serializer.Serialize(writer, value);
        return stream.ToArray();
    }

    public static object Read(byte[] bytes, Type type)
    {
        using var reader = new JsonTextReader(new StreamReader(new MemoryStream(bytes), Utf8));
        return Serializer.Deserialize(reader, type) ?? throw new JsonSerializationException($"{type.Name}: empty");
    }

    private sealed class ObjectIdConverter : JsonConverter<ObjectId>
    {
        public override void WriteJson(JsonWriter writer, ObjectId value, JsonSerializer serializer) => writer.WriteValue(value.Value);

        public override ObjectId ReadJson(
            JsonReader reader, Type objectType, ObjectId existing, bool hasExisting, JsonSerializer serializer) =>
            new(Convert.ToUInt32(reader.Value));
    }
}
