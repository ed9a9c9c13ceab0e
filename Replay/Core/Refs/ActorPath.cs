using System.Text;
using Akka.Util;

namespace Akka.Actor;

/// <summary>Where an actor lives in its system's tree. Equality ignores the uid of the incarnation.</summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>, ISurrogated
{
    public const string ValidSymbols = "\"-_.*$+:@&=,!~';()";

    internal const long UndefinedUid = 0;

    private readonly ActorPath? _parent;

    protected ActorPath(Address address, string name)
    {
        Address = address;
        Name = name;
    }

    protected ActorPath(ActorPath parentPath, string name, long uid)
    {
        _parent = parentPath;
        Address = parentPath.Address;
        Name = name;
        Uid = uid;
    }

    public Address Address { get; }

    public string Name { get; }

    public long Uid { get; }

    public ActorPath Parent => _parent!;

    public ActorPath Root
    {
        get
        {
            var path = this;
            while (path._parent is { } parent) path = parent;
            return path;
        }
    }

    /// <summary>The number of elements below the root.</summary>
    public int Depth
    {
        get
        {
            var depth = 0;
            for (var path = this; path._parent is { } parent; path = parent) depth++;
            return depth;
        }
    }

    public IReadOnlyList<string> Elements
    {
        get
        {
            var elements = new string[Depth];
            var path = this;
            for (var i = elements.Length - 1; i >= 0; i--)
            {
                elements[i] = path.Name;
                path = path.Parent;
            }
            return elements;
        }
    }

    public static bool operator ==(ActorPath? left, ActorPath? right) => Equals(left, right);

    public static bool operator !=(ActorPath? left, ActorPath? right) => !Equals(left, right);

    public static ActorPath operator /(ActorPath path, string name) => path.Child(name);

    public static ActorPath operator /(ActorPath path, IEnumerable<string> names) => names.Aggregate(path, (p, name) => p.Child(name));

    public ActorPath Child(string childName)
    {
        var (name, uid) = SplitUid(childName);
        return new ChildActorPath(this, name, uid);
    }

    public ActorPath ParentOf(int depth)
    {
        var path = this;
        for (var up = depth >= 0 ? Depth - depth : -depth; up > 0 && path._parent is { } parent; up--) path = parent;
        return path;
    }

    public ActorPath WithUid(long uid) => _parent is null || uid == Uid ? this : new ChildActorPath(_parent, Name, uid);

    public static bool IsValidPathElement(string s) =>
        !string.IsNullOrEmpty(s) && !s.StartsWith('$') && s.All(c => char.IsAsciiLetterOrDigit(c) || c == '%' || ValidSymbols.Contains(c));

    public static ActorPath Parse(string path) =>
        TryParse(path, out var actorPath) ? actorPath : throw new UriFormatException($"Can not parse an ActorPath: {path}");

    public static bool TryParse(string path, out ActorPath actorPath)
    {
        actorPath = null!;
        if (!Address.TryParse(path, out var address)) return false;
        var start = path.IndexOf('/', path.IndexOf("://", StringComparison.Ordinal) + 3);
        return TryParse(new RootActorPath(address), start < 0 ? "" : path[start..], out actorPath);
    }

    public static bool TryParse(ActorPath basePath, string absoluteUri, out ActorPath actorPath)
    {
        actorPath = basePath;
        foreach (var element in absoluteUri.Split('/', StringSplitOptions.RemoveEmptyEntries)) actorPath = actorPath.Child(element);
        return true;
    }

    public bool Equals(ActorPath? other)
    {
        ActorPath? a = this, b = other;
        while (!ReferenceEquals(a, b))
        {
            if (a is null || b is null || a.Name != b.Name) return false;
            if (a._parent is null && b._parent is null) return a.Address.Equals(b.Address);
            a = a._parent;
            b = b._parent;
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ActorPath);

    public override int GetHashCode()
    {
        var hash = 17;
        for (var path = this; path is not null; path = path._parent) hash = unchecked((hash * 31) + StableHash.Of(path.Name));
        return hash;
    }

    public int CompareTo(ActorPath? other) =>
        other is null ? 1 : string.CompareOrdinal(ToStringWithAddress(), other.ToStringWithAddress());

    public string ToStringWithoutAddress()
    {
        if (_parent is null) return Name;
        var text = new StringBuilder();
        foreach (var element in Elements) text.Append('/').Append(element);
        return text.ToString();
    }

    public string ToStringWithAddress() => Address + ToStringWithoutAddress();

    public string ToStringWithAddress(Address address) => (Address.HasGlobalScope ? Address : address) + ToStringWithoutAddress();

    public string ToStringWithUid() => Uid == UndefinedUid ? ToStringWithAddress() : ToStringWithAddress() + "#" + Uid;

    public string ToSerializationFormat() => ToStringWithUid();

    public string ToSerializationFormatWithAddress(Address address) =>
        Uid == UndefinedUid ? ToStringWithAddress(address) : ToStringWithAddress(address) + "#" + Uid;

    public override string ToString() => ToStringWithAddress();

    public ISurrogate ToSurrogate(ActorSystem system) => new Surrogate(ToSerializationFormat());

    internal static (string Name, long Uid) SplitUid(string element)
    {
        var hash = element.IndexOf('#');
        return hash < 0 || !long.TryParse(element.AsSpan(hash + 1), out var uid) ? (element, UndefinedUid) : (element[..hash], uid);
    }

    /// <summary>A path written as text.</summary>
    public sealed class Surrogate : ISurrogate
    {
        public Surrogate(string path) => Path = path;

        public string Path { get; }

        public ISurrogated FromSurrogate(ActorSystem system) => Parse(Path);
    }
}
