using System.Text;

namespace Akka.Configuration;

/// <summary>A value as it was read. Nodes are immutable once resolved, so that configurations can share them.</summary>
internal abstract class HoconNode
{
    public override string ToString() => Print(new StringBuilder(), 0).ToString();

    internal abstract StringBuilder Print(StringBuilder text, int depth);
}

/// <summary>A string, number, boolean or null; HOCON does not tell them apart before somebody asks for one.</summary>
internal sealed class HoconText(string? value, bool quoted = false) : HoconNode
{
    public string? Value { get; } = value;
    public bool Quoted { get; } = quoted;
    public bool IsBlank => !Quoted && string.IsNullOrWhiteSpace(Value);

    internal override StringBuilder Print(StringBuilder text, int depth) => text.Append(Escape(Value));

    internal static string Escape(string? value) =>
        value is null ? "null"
        : value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? value
        : Newtonsoft.Json.JsonConvert.ToString(value);
}

internal sealed class HoconList(IReadOnlyList<HoconNode> items) : HoconNode
{
    public IReadOnlyList<HoconNode> Items { get; } = items;

    internal override StringBuilder Print(StringBuilder text, int depth)
    {
        text.Append('[');
        for (var i = 0; i < Items.Count; i++) Items[i].Print(i > 0 ? text.Append(", ") : text, depth + 1);
        return text.Append(']');
    }
}

/// <summary>Keys in the order in which they were first written.</summary>
internal sealed class HoconObject : HoconNode
{
    private readonly OrderedDictionary<string, HoconNode> _items = new(StringComparer.Ordinal);

    public static readonly HoconObject Empty = new();

    public IReadOnlyDictionary<string, HoconNode> Items => _items;

    public HoconNode? this[string key]
    {
        get => _items.GetValueOrDefault(key);
        set => _items[key] = value!;
    }

    /// <summary>A later value of a key replaces an earlier one, but an object is merged into an object.</summary>
    internal void Put(string key, HoconNode value) =>
        this[key] = this[key] is HoconObject earlier && value is HoconObject later ? earlier.OverriddenBy(later) : value;

    internal HoconObject OverriddenBy(HoconObject other)
    {
        var merged = new HoconObject();
        foreach (var (key, value) in _items) merged[key] = value;
        foreach (var (key, value) in other._items) merged.Put(key, value);
        return merged;
    }

    internal override StringBuilder Print(StringBuilder text, int depth)
    {
        if (depth > 0) text.Append("{\n");
        foreach (var (key, value) in _items)
        {
            text.Append(' ', depth * 2).Append(HoconText.Escape(key)).Append(value is HoconObject ? " " : " : ");
            value.Print(text, depth + 1).Append('\n');
        }

        return depth > 0 ? text.Append(' ', (depth - 1) * 2).Append('}') : text;
    }
}

/// <summary><c>${path}</c> or <c>${?path}</c>, until it is resolved.</summary>
internal sealed class HoconSubstitution(string path, bool optional, int line) : HoconNode
{
    public string Path { get; } = path;
    public bool Optional { get; } = optional;
    public int Line { get; } = line;

    internal override StringBuilder Print(StringBuilder text, int depth) =>
        text.Append(Optional ? "${?" : "${").Append(Path).Append('}');
}

/// <summary>Values written side by side, until they are resolved.</summary>
internal sealed class HoconConcatenation(IReadOnlyList<HoconNode> parts, int line) : HoconNode
{
    public IReadOnlyList<HoconNode> Parts { get; } = parts;
    public int Line { get; } = line;

    internal override StringBuilder Print(StringBuilder text, int depth)
    {
        foreach (var part in Parts) part.Print(text, depth);
        return text;
    }
}
