using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors;

/// <summary>
/// An object that is built and has no id yet: its hardware, how its journal event reads, how its actor is made. The core allocates
/// with the context at hand, so that an abort needs no more than this value and its builder.
/// </summary>
/// <param name="builder">The actor that built it, which undoes it on <see cref="Abort"/>.</param>
internal abstract class Blueprint(IActorRef builder)
{
    public IActorRef Builder { get; } = builder;

    /// <summary>The device that a caller has it made for; null when that may be gone. Nothing is adopted for one that is.</summary>
    public ObjectEntry? MadeFor { get; init; }

    /// <summary>Whether lookups find it as soon as it is adopted.</summary>
    public virtual bool IsVisible => true;

    /// <summary>The id that its builder had reserved for it, and gives back on an abort; none when adoption is to reserve one.</summary>
    public virtual ObjectId Reserved => ObjectId.None;

    /// <summary>What <see cref="ObjectEntry.Hardware"/> will be.</summary>
    public abstract object? Hardware { get; }

    /// <summary>Whether the sender of <see cref="Adopt"/> is a caller who waits for the id.</summary>
    public virtual bool AnswersCaller => true;

    public abstract ObjectCreated Describe(ObjectId id);

    /// <summary>What the caller is answered when the object is published.</summary>
    public virtual Answer AnswerFor(ObjectId id) => id;

    /// <summary>Its actor is made, and lookups find it next.</summary>
    public virtual void Started(IActorRef actor, ObjectId id)
    {
    }

    /// <param name="environment">The context's.</param>
    /// <param name="id">The object's id.</param>
    /// <param name="users">What <c>users</c> starts from: 1, more when dependants are recovered with it.</param>
    public abstract Props Props(ObjectEnvironment environment, ObjectId id, int users);
}
