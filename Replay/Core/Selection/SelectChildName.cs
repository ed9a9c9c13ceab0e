namespace Akka.Actor;

/// <summary>To the child of that name.</summary>
public class SelectChildName : SelectionPathElement
{
    public SelectChildName(string name) => Name = name;

    public string Name { get; }

    public override bool Equals(object? obj) => obj is SelectChildName other && Name == other.Name;

    public override int GetHashCode() => Util.StableHash.Of(Name);

    public override string ToString() => Name;
}
