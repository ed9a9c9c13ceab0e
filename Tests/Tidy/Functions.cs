using System.Text.RegularExpressions;

namespace Iommu.Tests.Tidy;

/// <summary>Finds the functions of a blanked C# text: methods, constructors, operators, accessors, local functions of a program.</summary>
public sealed partial class Functions
{
    private readonly string _code;
    private readonly Stack<Block> _open = new();
    private readonly List<(string Name, int Start, int End)> _found = [];
    private int _headerStart;
    private int _brackets;

    private Functions(string code) => _code = code;

    private enum Kind
    {
        File,
        Namespace,
        Type,
        Property,
        Function,
        Other,
    }

    /// <summary>Name, offset of the first character of the signature, offset of the closing brace or semicolon.</summary>
    public static IReadOnlyList<(string Name, int Start, int End)> In(string code)
    {
        var scanner = new Functions(code);
        scanner.Scan();
        return scanner._found;
    }

    private Kind Around => _open.Count == 0 ? Kind.File : _open.Peek().Kind;

    private void Scan()
    {
        for (var at = 0; at < _code.Length; at++)
        {
            switch (_code[at])
            {
                case '(' or '[': _brackets++; break;
                case ')' or ']': _brackets--; break;
                case '{': Enter(at); break;
                case '}': Leave(at); break;
                case ';' when _brackets == 0: EndStatement(at); break;
            }
        }
    }

    private void Enter(int at)
    {
        var header = _code[_headerStart..at];
        var start = _headerStart + header.Length - header.TrimStart().Length;
        _open.Push(new Block(Classify(header.Trim()), start, NameOf(header), _brackets));
        _brackets = 0;
        _headerStart = at + 1;
    }

    private void Leave(int at)
    {
        if (!_open.TryPop(out var block)) return;
        _brackets = block.BracketsOutside;
        if (block.Kind == Kind.Function) _found.Add((block.Name, block.Start, at));

        // An initializer or a switch expression is part of the member around it, which its semicolon ends.
        var goesOn = block.Kind == Kind.Other && Around is Kind.Type or Kind.Property;
        _headerStart = goesOn ? block.Start : at + 1;
    }

    private void EndStatement(int at)
    {
        var header = _code[_headerStart..at];
        var start = _headerStart + header.Length - header.TrimStart().Length;
        if (IsExpressionBodied(header.Trim())) _found.Add((NameOf(header), start, at));
        _headerStart = at + 1;
    }

    private Kind Classify(string header)
    {
        if (Around is Kind.Function or Kind.Other || _brackets > 0) return Kind.Other;
        if (Namespace().IsMatch(header)) return Kind.Namespace;
        if (Arrow(header) < header.Length || IsAssignment(header)) return Kind.Other;
        if (Type().IsMatch(header)) return Kind.Type;
        if (Around == Kind.Property) return Accessor().IsMatch(header) ? Kind.Function : Kind.Other;
        if (Call().IsMatch(WithoutAttributes(header)) && !Control().IsMatch(header)) return Kind.Function;
        return Around == Kind.Type ? Kind.Property : Kind.Other;
    }

    private bool IsExpressionBodied(string header) => Arrow(header) < header.Length && Around switch
    {
        Kind.Type => !IsAssignment(header),
        Kind.Property => Accessor().IsMatch(header[..Arrow(header)].Trim()),
        Kind.File => Call().IsMatch(header[..Arrow(header)]) && !IsAssignment(header),
        _ => false,
    };

    /// <summary>Whether the member is given a value: an equals sign before any parameter list or body.</summary>
    private static bool IsAssignment(string header)
    {
        var signature = WithoutAttributes(header);
        signature = signature[..Arrow(signature)];
        var parameters = Call().Match(signature);
        return Assignment().IsMatch(parameters.Success ? signature[..parameters.Index] : signature);
    }

    private static int Arrow(string header) =>
        OutsideBrackets(header, at => header[at] == '=' && at + 1 < header.Length && header[at + 1] == '>');

    private static string WithoutAttributes(string header)
    {
        while (header.StartsWith('['))
        {
            var end = OutsideBrackets(header, at => at > 0 && header[at - 1] == ']');
            header = header[end..].TrimStart();
        }

        return header;
    }

    /// <summary>The first offset outside any bracket that is wanted, or the length.</summary>
    private static int OutsideBrackets(string header, Func<int, bool> wanted)
    {
        for (int at = 0, depth = 0; at < header.Length; at++)
        {
            if (depth == 0 && wanted(at)) return at;
            depth += header[at] is '(' or '[' or '{' ? 1 : header[at] is ')' or ']' or '}' ? -1 : 0;
        }

        return header.Length;
    }

    private static string NameOf(string header)
    {
        var signature = WithoutAttributes(header.Trim());
        signature = signature[..Arrow(signature)].TrimEnd();
        var name = Call().Match(signature);
        return name.Success ? name.Groups[1].Value : signature.Split(' ', '\n')[^1];
    }

    [GeneratedRegex(@"\bnamespace\s")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<![\w.@])(class|struct|interface|enum|record)\s+(?!where\b)\w")]
    private static partial Regex Type();

    [GeneratedRegex(@"(?:^|[\s\]])(get|set|init|add|remove)$")]
    private static partial Regex Accessor();

    [GeneratedRegex(@"(?<![\w.])"
        + @"(?!(?:public|private|protected|internal|static|readonly|override|virtual|abstract|required|sealed|async|extern)\b)"
        + @"(operator\s*[^\s(]+|[\w.]+)\s*(?:<[^()]*>)?\s*\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"^(if|for|foreach|while|switch|using|lock|fixed|catch|else|try|do|finally|checked|unchecked|unsafe|await|return"
        + @"|var)\b")]
    private static partial Regex Control();

    [GeneratedRegex(@"(?<![=!<>])=(?![=>])")]
    private static partial Regex Assignment();

    private sealed record Block(Kind Kind, int Start, string Name, int BracketsOutside);
}
