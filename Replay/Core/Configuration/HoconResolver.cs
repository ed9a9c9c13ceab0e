namespace Akka.Configuration;

/// <summary>Puts values in the place of substitutions: from the same text, else from an environment variable of that name.</summary>
internal sealed class HoconResolver
{
    private readonly HoconObject _root;
    private readonly Dictionary<HoconNode, HoconNode?> _resolved = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<HoconNode> _underWay = new(ReferenceEqualityComparer.Instance);

    private HoconResolver(HoconObject root) => _root = root;

    public static HoconObject Resolve(HoconObject root) => (HoconObject)new HoconResolver(root).Resolve((HoconNode)root)!;

    /// <summary>Null stands for an optional substitution that nothing answers.</summary>
    private HoconNode? Resolve(HoconNode node)
    {
        if (node is HoconText) return node;
        if (_resolved.TryGetValue(node, out var known)) return known;
        return _resolved[node] = node switch
        {
            HoconObject tree => ResolveMembers(tree),
            HoconList list => new HoconList([.. list.Items.Select(Resolve).OfType<HoconNode>()]),
            HoconConcatenation concatenation => Join(concatenation),
            HoconSubstitution substitution => Substitute(substitution),
            _ => node,
        };
    }

    private HoconObject ResolveMembers(HoconObject tree)
    {
        var resolved = new HoconObject();
        foreach (var (key, value) in tree.Items)
            if (Resolve(value) is { } member) resolved[key] = member;
        return resolved;
    }

    private HoconNode? Substitute(HoconSubstitution substitution)
    {
        if (!_underWay.Add(substitution))
            throw new ConfigurationException(
                $"Line {substitution.Line}: the substitution {substitution} leads back to itself, "
                + "expected a path to a value that does not use it.");
        try
        {
            HoconNode? node = _root;
            foreach (var key in HoconPath.Split(substitution.Path))
                node = ((node is HoconObject or HoconText ? node : Resolve(node!)) as HoconObject)?[key];
            if (node is not null) return Resolve(node);
        }
        finally
        {
            _underWay.Remove(substitution);
        }

        if (Environment.GetEnvironmentVariable(substitution.Path) is { } variable) return new HoconText(variable, quoted: true);
        return substitution.Optional ? null : throw new ConfigurationException(
            $"Line {substitution.Line}: the substitution {substitution} finds no value, expected a path in this text, "
            + $"an environment variable or the optional form ${{?{substitution.Path}}}.");
    }

    private HoconNode? Join(HoconConcatenation concatenation)
    {
        var parts = concatenation.Parts.Select(Resolve).OfType<HoconNode>().ToList();
        if (parts.TrueForAll(p => p is HoconText))
            return parts.TrueForAll(p => p is HoconText { IsBlank: true }) && concatenation.Parts.Any(p => p is HoconSubstitution)
                ? null
                : new HoconText(string.Concat(parts.Select(p => ((HoconText)p).Value)), quoted: true);

        parts.RemoveAll(p => p is HoconText { IsBlank: true });
        if (parts.TrueForAll(p => p is HoconObject)) return parts.Cast<HoconObject>().Aggregate((a, b) => a.OverriddenBy(b));
        if (parts.TrueForAll(p => p is HoconList)) return new HoconList([.. parts.Cast<HoconList>().SelectMany(p => p.Items)]);
        throw new ConfigurationException(
            $"Line {concatenation.Line}: values of different kinds stand side by side, expected only strings, only lists or only objects.");
    }
}
