namespace Akka.Actor;

/// <summary>One step up.</summary>
public class SelectParent : SelectionPathElement
{
    public override bool Equals(object? obj) => obj is SelectParent;

    public override int GetHashCode() => nameof(SelectParent).Length;

    public override string ToString() => "..";
}
