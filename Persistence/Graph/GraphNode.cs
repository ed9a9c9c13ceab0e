using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Persistence.Graph;

/// <summary>One object of the graph: how it came to be, and for a device what it is attached to.</summary>
public sealed class GraphNode(ObjectCreated origin)
{
    public ObjectCreated Origin { get; } = origin;

    public ObjectId Id => Origin.Id;

    public ObjectType Type => Origin.Type;

    /// <summary>The HWPT that a device is attached to; <see cref="ObjectId.None"/> otherwise.</summary>
    public ObjectId AttachedTo { get; internal set; }

    /// <summary>Every object that this one holds a reference on.</summary>
    public IEnumerable<ObjectId> References => AttachedTo == ObjectId.None ? Origin.DependsOn : Origin.DependsOn.Append(AttachedTo);
}
