namespace Iommu.Messages;

/// <summary>The number of an object within its context, from 1 up, the lowest free one first; 0 names nothing.</summary>
public readonly record struct ObjectId(uint Value)
{
    public static readonly ObjectId None = new(0);

    public override string ToString() => Value.ToString();
}
