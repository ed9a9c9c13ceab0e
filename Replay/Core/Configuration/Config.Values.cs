using System.Globalization;
using System.Numerics;

namespace Akka.Configuration;

/// <summary>Typed reads. Each returns its default where the path leads nowhere, and throws
/// <see cref="ConfigurationException"/> where a value of another type stands.</summary>
public partial class Config
{
    public virtual string GetString(string path, string @default = null!) =>
        Find(path) is { } node ? (node as HoconText)?.Value! : @default;

    /// <summary>on, true and yes; off, false and no.</summary>
    public virtual bool GetBoolean(string path, bool @default = false) =>
        Read(path, @default, "on, off, true, false, yes or no", static text => text switch
        {
            "on" or "true" or "yes" => true,
            "off" or "false" or "no" => false,
            _ => (bool?)null,
        });

    public virtual int GetInt(string path, int @default = 0) => Read(path, @default, "a 32-bit integer", Parse<int>);

    public virtual long GetLong(string path, long @default = 0) => Read(path, @default, "a 64-bit integer", Parse<long>);

    public virtual float GetFloat(string path, float @default = 0) => Read(path, @default, "a number", Parse<float>);

    public virtual double GetDouble(string path, double @default = 0) => Read(path, @default, "a number", Parse<double>);

    public virtual decimal GetDecimal(string path, decimal @default = 0) => Read(path, @default, "a number", Parse<decimal>);

    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        Read(path, @default.GetValueOrDefault(), "a duration such as 500ms, 10s or 1m" + (allowInfinite ? ", or infinite" : ""),
            text => HoconUnits.ParseDuration(text, allowInfinite));

    /// <summary>Bytes: <c>64k</c> and <c>64KiB</c> count by 1024, <c>64kB</c> by 1000.</summary>
    public virtual long? GetByteSize(string path) => GetByteSize(path, null);

    public virtual long? GetByteSize(string path, long? def = null) =>
        Find(path) is null ? def : Read(path, 0L, "a size such as 64KiB or 128 MB", HoconUnits.ParseBytes);

    public virtual IList<string> GetStringList(string path) => GetStringList(path, []);

    public virtual IList<string> GetStringList(string path, string[] defaultPaths) => ReadList(path, defaultPaths, static text => text);

    public virtual IList<int> GetIntList(string path) =>
        ReadList(path, [], text => Parse<int>(text) ?? throw Wrong(path, text, "32-bit integers"));

    public virtual IList<long> GetLongList(string path) =>
        ReadList(path, [], text => Parse<long>(text) ?? throw Wrong(path, text, "64-bit integers"));

    private T Read<T>(string path, T @default, string expected, Func<string, T?> parse) where T : struct
    {
        if (Find(path) is not { } node) return @default;
        var value = node is HoconText { Value: { } text } ? parse(text.Trim()) : null;
        return value ?? throw Wrong(path, node.ToString(), expected);
    }

    private IList<T> ReadList<T>(string path, T[] @default, Func<string, T> parse) => Find(path) switch
    {
        null => @default,
        HoconList list => [.. list.Items.Select(item => parse((item as HoconText)?.Value ?? item.ToString()))],
        var other => throw Wrong(path, other.ToString(), "a list such as [a, b]"),
    };

    private static T? Parse<T>(string text) where T : struct, INumberBase<T> =>
        T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static ConfigurationException Wrong(string path, string found, string expected) =>
        new($"The setting {path} is '{found}', expected {expected}.");
}
