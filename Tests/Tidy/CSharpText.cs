namespace Iommu.Tests.Tidy;

/// <summary>Blanks what is not code in a C# text, so that a search in the rest cannot be fooled by a comment or a literal.</summary>
public sealed class CSharpText
{
    private readonly string _text;
    private readonly char[] _out;
    private int _at;

    private CSharpText(string text)
    {
        _text = text;
        _out = text.ToCharArray();
    }

    /// <summary>The text at the same length and with the same line breaks; comments and literals are spaces.</summary>
    public static string Blank(string text)
    {
        var scanner = new CSharpText(text);
        scanner.Code(stop: '\0');
        return new string(scanner._out);
    }

    /// <summary>Reads code up to <paramref name="stop"/> outside any bracket: the end of an interpolation's hole.</summary>
    private void Code(char stop)
    {
        var depth = 0;
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (stop != '\0' && depth == 0 && (c == stop || c == ':')) return;
            if (c == '/' && Next is '/') LineComment();
            else if (c == '/' && Next is '*') BlockComment();
            else if (c == '\'') Quoted('\'');
            else if (c is '"' or '$' or '@' && StringStart() is { } start) Literal(start);
            else
            {
                depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
                _at++;
            }
        }
    }

    private char Next => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private (int Dollars, bool Verbatim, int Quotes)? StringStart()
    {
        var at = _at;
        var dollars = 0;
        var verbatim = false;
        for (; at < _text.Length && _text[at] is '$' or '@'; at++)
        {
            if (_text[at] == '$') dollars++;
            else verbatim = true;
        }

        var quotes = Run('"', at);
        return quotes == 0 ? null : (dollars, verbatim, quotes);
    }

    private void Literal((int Dollars, bool Verbatim, int Quotes) start)
    {
        Erase(start.Dollars + (start.Verbatim ? 1 : 0));
        var raw = start.Quotes >= 3 && !start.Verbatim;
        if (raw)
        {
            Erase(start.Quotes);
            RawBody(start.Dollars, start.Quotes);
        }
        else if (start.Dollars == 0 && !start.Verbatim)
        {
            Quoted('"');
        }
        else
        {
            Erase(1);
            MixedBody(start.Dollars > 0, start.Verbatim);
        }
    }

    private void RawBody(int dollars, int quotes)
    {
        while (_at < _text.Length && Run('"', _at) < quotes)
        {
            var braces = Run('{', _at);
            if (dollars > 0 && braces >= dollars) Hole(braces, dollars);
            else Erase(1);
        }

        Erase(Run('"', _at));
    }

    private void MixedBody(bool interpolated, bool verbatim)
    {
        while (_at < _text.Length && !(_text[_at] == '"' && !(verbatim && Next == '"')))
        {
            var escaped = (verbatim && _text[_at] == '"') || (!verbatim && _text[_at] == '\\') || (interpolated && Run('{', _at) >= 2);
            if (escaped) Erase(2);
            else if (interpolated && _text[_at] == '{') Hole(1, 1);
            else Erase(1);
        }

        Erase(1);
    }

    /// <summary>An interpolation's hole: its braces and format are blanked, the expression in it is code.</summary>
    private void Hole(int open, int close)
    {
        Erase(open);
        Code(stop: '}');
        while (_at < _text.Length && _text[_at] is not '}' and not '"') Erase(1);
        Erase(_at < _text.Length && _text[_at] == '}' ? close : 0);
    }

    private void Quoted(char quote)
    {
        Erase(1);
        while (_at < _text.Length && _text[_at] != quote && _text[_at] != '\n') Erase(_text[_at] == '\\' ? 2 : 1);
        Erase(1);
    }

    private void LineComment()
    {
        while (_at < _text.Length && _text[_at] != '\n') Erase(1);
    }

    private void BlockComment()
    {
        Erase(2);
        while (_at < _text.Length && !(_text[_at] == '*' && Next == '/')) Erase(1);
        Erase(2);
    }

    private int Run(char c, int at)
    {
        var end = at;
        while (end < _text.Length && _text[end] == c) end++;
        return end - at;
    }

    private void Erase(int count)
    {
        for (; count > 0 && _at < _text.Length; count--, _at++)
        {
            if (_text[_at] != '\n') _out[_at] = ' ';
        }
    }
}
