using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Iommu.Actors;
using Iommu.Messages.Uapi;
using Iommu.Persistence;
using Iommu.Persistence.Events;

namespace Iommu.Tests.Actors;

/// <summary>
/// A journal that keeps nothing, and whose disk is full for some events: an area at <see cref="RefusedIova"/>, and the device
/// <see cref="RefusedDevice"/>. The context <see cref="BrokenContext"/> has an HWPT on an IOAS, whose stream cannot be read.
/// </summary>
public sealed class RefusingJournal : AsyncWriteJournal
{
    public const ulong RefusedIova = 0xdead000;
    public const string RefusedDevice = "second-dev1";
    public const string BrokenContext = "broken";

    public static Config Config { get; } = ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.plugin = "refusing"
        refusing.class = "{{typeof(RefusingJournal).AssemblyQualifiedName}}"
        """).WithFallback(SimulatorConfig.None);

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        if (persistenceId == BrokenContext) throw new IOException("the disk cannot be read");
        if (IsBroken(persistenceId))
        {
            recoveryCallback(new Persistent(new IoasAllocated(new(1), BrokenContext), 1, persistenceId));
            recoveryCallback(new Persistent(
                new HwptPagingAllocated(new(2), new(1), "first-dev0", HwptAllocFlags.None, false), 2, persistenceId));
        }
        return Task.CompletedTask;
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(IsBroken(persistenceId) || persistenceId == BrokenContext ? 2L : 0L);

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages) =>
        messages.SelectMany(write => (IImmutableList<IPersistentRepresentation>)write.Payload).Any(
            written => written.Payload is AreaMapped { Iova: RefusedIova } or DeviceBound { Name: RefusedDevice })
            ? Task.FromException<IImmutableList<Exception>>(new IOException("the disk is full"))
            : Task.FromResult<IImmutableList<Exception>>(null!);

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr) => Task.CompletedTask;

    private static bool IsBroken(string persistenceId) => persistenceId == StreamNames.Context(BrokenContext);
}
