using System.Globalization;
using Akka.Util;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Akka.Serialization;

/// <summary>
/// Keeps apart what JSON does not: int, float and decimal are written as <c>{"$":"I5"}</c>, surrogates in their object's place.
/// </summary>
internal sealed class TypedValueConverter(NewtonSoftJsonSerializer owner) : JsonConverter
{
    public override bool CanConvert(Type objectType) =>
        objectType == typeof(int) || objectType == typeof(float) || objectType == typeof(decimal) || objectType == typeof(object)
        || typeof(ISurrogated).IsAssignableFrom(objectType);

    public override object? ReadJson(JsonReader reader, Type objectType, object? existingValue, JsonSerializer serializer) =>
        Restore(serializer.Deserialize(reader), objectType, owner);

    public override void WriteJson(JsonWriter writer, object? value, JsonSerializer serializer)
    {
        var typed = value switch
        {
            int number => "I" + number.ToString(NumberFormatInfo.InvariantInfo),
            float number => "F" + number.ToString(NumberFormatInfo.InvariantInfo),
            decimal number => "M" + number.ToString(NumberFormatInfo.InvariantInfo),
            _ => null,
        };
        if (typed is null)
        {
            serializer.Serialize(writer, value is ISurrogated surrogated ? surrogated.ToSurrogate(owner.ActorSystem) : value);
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName("$");
        writer.WriteValue(typed);
        writer.WriteEndObject();
    }

    /// <summary>The object that a value read from JSON stands for.</summary>
    internal static object? Restore(object? value, Type? type, NewtonSoftJsonSerializer owner) => value switch
    {
        JObject json when json["$"] is { } typed => Number(typed.Value<string>()!),
        JObject json when type == typeof(object) => RestoreInside(json),
        JObject json => json.ToObject(type!, JsonSerializer.Create(owner.Settings)),
        ISurrogate surrogate => surrogate.FromSurrogate(owner.ActorSystem),
        _ => value,
    };

    private static JToken RestoreInside(JToken token)
    {
        switch (token)
        {
            case JObject json when json["$"] is { } typed:
                return new JValue(Number(typed.Value<string>()!));
            case JObject json:
                foreach (var property in json.Properties().ToList()) property.Value = RestoreInside(property.Value);
                return json;
            case JArray array:
                for (var i = 0; i < array.Count; i++) array[i] = RestoreInside(array[i]);
                return array;
            default:
                return token;
        }
    }

    private static object Number(string typed) => typed[0] switch
    {
        'I' => int.Parse(typed.AsSpan(1), NumberFormatInfo.InvariantInfo),
        'F' => float.Parse(typed.AsSpan(1), NumberFormatInfo.InvariantInfo),
        'M' => decimal.Parse(typed.AsSpan(1), NumberFormatInfo.InvariantInfo),
        _ => throw new NotSupportedException($"'{typed}' is no number, expected I, F or M before the digits."),
    };
}
