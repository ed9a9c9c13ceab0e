using Iommu.Messages;

namespace Iommu.Persistence.Events;

/// <summary>Something that happened to the object graph of one context. Carries ids, never references to live objects.</summary>
public abstract record GraphEvent;

/// <summary>An object came to be. <see cref="DependsOn"/> are the objects that it holds a reference on for its whole life.</summary>
public abstract record ObjectCreated(ObjectId Id) : GraphEvent
{
    public abstract ObjectType Type { get; }

    public virtual IEnumerable<ObjectId> DependsOn => [];

    private protected static IEnumerable<ObjectId> WithFaultQueue(ObjectId parent, ObjectId faultQueue) =>
        faultQueue == ObjectId.None ? [parent] : [parent, faultQueue];
}
