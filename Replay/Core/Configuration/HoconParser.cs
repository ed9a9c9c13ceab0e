using System.Globalization;
using System.Text;

namespace Akka.Configuration;

/// <summary>HOCON without includes, after https://github.com/lightbend/config/blob/main/HOCON.md.</summary>
internal sealed class HoconParser(string text)
{
    private const string NotInUnquotedKey = "$\"{}[]:=,#`^?!@*&\\.\n";
    private const string NotInUnquotedText = "$\"{}[]:=,#`^?!@*&\\\n";

    private readonly HoconReader _reader = new(text);

    public HoconObject Parse()
    {
        _reader.SkipToToken();
        var braced = _reader.TryTake("{");
        var root = new HoconObject();
        ParseMembers(root, braced ? '}' : '\0');
        if (braced) _reader.TryTake("}");
        _reader.SkipToToken();
        return _reader.AtEnd ? root : throw _reader.Error("nothing more: the outermost object is closed here");
    }

    private void ParseMembers(HoconObject owner, char end)
    {
        var opened = _reader.Line;
        while (true)
        {
            _reader.SkipToToken();
            if (_reader.AtEnd && end == '\0' || _reader.Current == end && !_reader.AtEnd) return;
            if (_reader.AtEnd) throw _reader.Error($"'}}' for the object that was opened on line {opened}");
            ParseMember(owner);
            ParseSeparator(end, "a comma, a new line" + (end == '\0' ? " or the end" : " or '}'"));
        }
    }

    private void ParseSeparator(char end, string expected)
    {
        var newLine = _reader.SkipToToken();
        if (_reader.TryTake(",") || newLine || _reader.AtEnd || _reader.Current == end) return;
        throw _reader.Error(expected);
    }

    private void ParseMember(HoconObject owner)
    {
        var path = ParsePath();
        _reader.SkipToToken();
        var line = _reader.Line;
        var append = _reader.TryTake("+=");
        if (!append && !_reader.TryTake("=") && !_reader.TryTake(":") && _reader.Current != '{')
            throw _reader.Error($"'=', ':' or '{{' after the key '{string.Join('.', path)}'");

        _reader.SkipToToken();
        var value = ParseValue();
        for (var i = 0; i < path.Count - 1; i++)
        {
            if (owner[path[i]] is not HoconObject next) owner[path[i]] = next = new HoconObject();
            owner = next;
        }

        var key = path[^1];
        if (!append) owner.Put(key, value);
        else if (owner[key] is { } earlier) owner[key] = new HoconConcatenation([earlier, new HoconList([value])], line);
        else owner[key] = new HoconList([value]);
    }

    private List<string> ParsePath()
    {
        var path = new List<string>();
        do path.Add(_reader.Current == '"' ? ParseQuoted() : ParseUnquotedKey());
        while (TakeDot());
        return path;
    }

    private bool TakeDot()
    {
        _reader.TakeBlanks();
        return _reader.TryTake(".");
    }

    private string ParseUnquotedKey()
    {
        var key = _reader.TakeWhile(c => !NotInUnquotedKey.Contains(c) && !_reader.AtComment && !_reader.Matches("+=")).Trim();
        return key.Length > 0 ? key : throw _reader.Error("a key");
    }

    private HoconNode ParseValue()
    {
        var line = _reader.Line;
        var parts = new List<HoconNode>();
        while (ParsePart() is { } part) parts.Add(part);
        while (parts.Count > 0 && parts[^1] is HoconText { IsBlank: true }) parts.RemoveAt(parts.Count - 1);
        return parts.Count switch
        {
            0 => throw _reader.Error("a value"),
            1 => parts[0] is HoconText { Quoted: false, Value: "null" } ? new HoconText(null) : parts[0],
            _ => new HoconConcatenation(parts, line),
        };
    }

    /// <summary>One of the values written side by side: <c>a b</c> is three, the blank among them.</summary>
    private HoconNode? ParsePart()
    {
        if (_reader.AtEnd || _reader.AtComment) return null;
        if (_reader.Current == '{') return ParseObject();
        if (_reader.Current == '[') return ParseList();
        if (_reader.Matches("${")) return ParseSubstitution();
        if (_reader.Matches("\"\"\"")) return new HoconText(ParseTripleQuoted(), quoted: true);
        if (_reader.Current == '"') return new HoconText(ParseQuoted(), quoted: true);
        var text = _reader.TakeBlanks();
        if (text.Length == 0) text = _reader.TakeWhile(c => !NotInUnquotedText.Contains(c) && !char.IsWhiteSpace(c) && !_reader.AtComment);
        return text.Length > 0 ? new HoconText(text) : null;
    }

    private HoconObject ParseObject()
    {
        _reader.Take();
        var value = new HoconObject();
        ParseMembers(value, '}');
        _reader.Take();
        return value;
    }

    private HoconList ParseList()
    {
        var opened = _reader.Line;
        _reader.Take();
        var items = new List<HoconNode>();
        while (true)
        {
            _reader.SkipToToken();
            if (_reader.TryTake("]")) return new HoconList(items);
            if (_reader.AtEnd) throw _reader.Error($"']' for the list that was opened on line {opened}");
            items.Add(ParseValue());
            ParseSeparator(']', "a comma, a new line or ']'");
        }
    }

    private HoconSubstitution ParseSubstitution()
    {
        var line = _reader.Line;
        _reader.TryTake("${");
        var optional = _reader.TryTake("?");
        var path = _reader.TakeWhile(static c => c is not ('}' or '\n')).Trim();
        if (path.Length == 0) throw _reader.Error("the path of a value inside ${}");
        return _reader.TryTake("}") ? new HoconSubstitution(path, optional, line) : throw _reader.Error("'}' to end the substitution");
    }

    private string ParseTripleQuoted()
    {
        var opened = _reader.Line;
        _reader.TryTake("\"\"\"");
        var value = new StringBuilder();
        while (!_reader.Matches("\"\"\""))
        {
            if (_reader.AtEnd) throw _reader.Error($"\"\"\" for the string that was opened on line {opened}");
            value.Append(_reader.Take());
        }

        _reader.TryTake("\"\"\"");
        return value.ToString();
    }

    private string ParseQuoted()
    {
        _reader.Take();
        var value = new StringBuilder();
        while (_reader.Current != '"')
        {
            if (_reader.AtEnd || _reader.Current == '\n') throw _reader.Error("'\"' to end the string");
            var c = _reader.Take();
            value.Append(c == '\\' ? ParseEscape() : c);
        }

        _reader.Take();
        return value.ToString();
    }

    private char ParseEscape()
    {
        const string Escapes = "\"\\/bfnrt", Meanings = "\"\\/\b\f\n\r\t";
        if (_reader.TryTake("u"))
        {
            var digits = string.Concat(Enumerable.Range(0, 4).Select(_ => _reader.Take()));
            return ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                ? (char)code
                : throw _reader.Error("four hex digits after \\u");
        }

        var index = Escapes.IndexOf(_reader.Current);
        if (index < 0) throw _reader.Error("one of \" \\ / b f n r t u after a backslash");
        _reader.Take();
        return Meanings[index];
    }
}
