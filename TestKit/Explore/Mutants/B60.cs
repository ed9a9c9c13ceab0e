using System.Collections.Immutable;
using Akka.Actor;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// The race of arm-smmu-v3's array of caches to invalidate, put back: it is read before the tables are stored to, so that a device that is
/// attached in between fills its cache from the old ones, and is missed.
/// </summary>
internal sealed class B60 : MailMutant
{
    private readonly Dictionary<IActorRef, (IoasUnmap Call, Smmuv3PagingDomain Domain, ImmutableArray<CacheTag> Tags)> _read = [];

    public override string Name => "B60";

    public override string Summary => "the caches that an unmap invalidates are read before it clears the tables";

    public override string Scenario => "invalidate-attach";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is IoasUnmap unmap && DomainOf(recipient) is { } domain) _read[recipient] = (unmap, domain, domain.Tags.Read());
        if (message is not RunBatch batch || !_read.TryGetValue(batch.Owner, out var read)) return message;
        _read.Remove(batch.Owner);
        var commands = read.Domain.Flush(read.Tags, read.Call.Iova, read.Call.LengthBytes).Aggregate(
            default(CommandBatch?), (all, one) => all ?? one);
        return commands is { } issued ? batch with { Batch = issued } : batch with { Batch = batch.Batch with { Words = default } };
    }

    private Smmuv3PagingDomain? DomainOf(IActorRef ioas) => World.Context.Table.All(ObjectType.HwptPaging)
        .Where(entry => ioas.Equals(entry.Ioas)).Select(entry => entry.Hardware).OfType<Smmuv3PagingDomain>().FirstOrDefault();
}
