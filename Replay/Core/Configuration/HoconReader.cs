namespace Akka.Configuration;

/// <summary>The characters of a HOCON text with the line they stand on.</summary>
internal sealed class HoconReader(string text)
{
    private int _position;

    public int Line { get; private set; } = 1;

    public bool AtEnd => _position >= text.Length;

    public char Current => AtEnd ? '\0' : text[_position];

    public bool AtComment => Current == '#' || Matches("//");

    public bool Matches(string expected) => string.CompareOrdinal(text, _position, expected, 0, expected.Length) == 0;

    public char Take()
    {
        var taken = Current;
        if (taken == '\n') Line++;
        _position++;
        return taken;
    }

    public bool TryTake(string expected)
    {
        if (!Matches(expected)) return false;
        for (var i = 0; i < expected.Length; i++) Take();
        return true;
    }

    public string TakeWhile(Func<char, bool> wanted)
    {
        var start = _position;
        while (!AtEnd && wanted(Current)) Take();
        return text[start.._position];
    }

    public string TakeBlanks() => TakeWhile(static c => c is not '\n' && char.IsWhiteSpace(c));

    /// <summary>Skips white space, comments and line ends. True if a line ended on the way.</summary>
    public bool SkipToToken()
    {
        var before = Line;
        while (true)
        {
            TakeWhile(static c => char.IsWhiteSpace(c) || c == '\uFEFF');
            if (!AtComment) return Line > before;
            TakeWhile(static c => c != '\n');
        }
    }

    public ConfigurationException Error(string expected, int? line = null)
    {
        var found = AtEnd ? "the end of the text" : Current == '\n' ? "the end of the line" : $"'{Current}'";
        return new ConfigurationException($"Line {line ?? Line}: found {found}, expected {expected}.\n    {LineText(line ?? Line)}");
    }

    private string LineText(int line) => text.Split('\n')[line - 1].Trim();
}
