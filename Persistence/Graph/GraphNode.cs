using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Persistence.Graph;

/// <summary>One object of the graph: how it came to be, and what a device or an access is attached to.</summary>
public sealed class GraphNode(ObjectCreated origin)
{
    private readonly SortedDictionary<uint, ObjectId> _attachments = [];

    public ObjectCreated Origin { get; } = origin;

    public ObjectId Id => Origin.Id;

    public ObjectType Type => Origin.Type;

    /// <summary>By PASID, in order; 0 is the device's own address space, and an access's only one.</summary>
    public IReadOnlyDictionary<uint, ObjectId> Attachments => _attachments;

    /// <summary>
    /// The HWPT that a device without PASID is attached to, or the IOAS that an access is on; <see cref="ObjectId.None"/> otherwise.
    /// </summary>
    public ObjectId AttachedTo => _attachments.GetValueOrDefault(0u);

    /// <summary>Whether a paging HWPT's dirty bits are set by writes of devices.</summary>
    public bool TracksDirty { get; internal set; }

    /// <summary>The number that the next event of an event queue may have after a recovery; null when it has had none.</summary>
    public uint? NextSequence { get; internal set; }

    /// <summary>Every object that this one holds a reference on.</summary>
    public IEnumerable<ObjectId> References => Origin.DependsOn.Concat(_attachments.Values);

    internal void Attach(uint pasid, ObjectId target) => _attachments[pasid] = target;

    internal void Detach(uint pasid) => _attachments.Remove(pasid);
}
