using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Iommu.Actors;
using Iommu.Persistence.Events;
using Iommu.TestKit.Journals;

namespace Iommu.Tests.Actors;

/// <summary>
/// A journal in memory, which outlives its actor system. From <see cref="Hold"/> on it takes the end of an object for ever: a crash then
/// finds what had been written before.
/// </summary>
public sealed class HoldingJournal(Config config) : KeptJournal
{
    private static readonly ConcurrentDictionary<string, Store> Stores = new();
    private static int _made;

    private readonly Store _store = Stores[config.GetString("store")];

    private sealed class Store
    {
        public ConcurrentDictionary<string, ImmutableList<IPersistentRepresentation>> Streams { get; } = new();

        public volatile bool Holds;

        public volatile DelayedWrite? Delayed;
    }

    /// <summary>A write that waits until it is let go.</summary>
    public sealed class DelayedWrite(Type what)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when somebody writes it.</summary>
        public Task Reached => _reached.Task;

        public void LetGo() => _letGo.TrySetResult();

        internal Task PassAsync(IEnumerable<IPersistentRepresentation> written)
        {
            if (written.All(it => it.Payload.GetType() != what)) return Task.CompletedTask;
            _reached.TrySetResult();
            return _letGo.Task;
        }
    }

    /// <summary>A journal of its own.</summary>
    public static Config NewConfig()
    {
        var name = $"store {Interlocked.Increment(ref _made)}";
        Stores[name] = new Store();
        return ConfigurationFactory.ParseString($$"""
            akka.persistence.journal.plugin = "holding"
            holding.class = "{{typeof(HoldingJournal).AssemblyQualifiedName}}"
            holding.store = "{{name}}"
            """).WithFallback(SimulatorConfig.None);
    }

    public static void Hold(Config config, bool holds) => Stores[config.GetString("holding.store")].Holds = holds;

    /// <summary>From now on writes of that event wait.</summary>
    public static DelayedWrite Delay<TEvent>(Config config) =>
        Stores[config.GetString("holding.store")].Delayed = new DelayedWrite(typeof(TEvent));

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        foreach (var write in messages)
        {
            var written = (IImmutableList<IPersistentRepresentation>)write.Payload;
            if (_store.Holds && written.Any(it => it.Payload is ObjectDestroyed))
                await new TaskCompletionSource().Task;
            if (_store.Delayed is { } delayed) await delayed.PassAsync(written);
            _store.Streams.AddOrUpdate(write.PersistenceId, [.. written], (_, before) => before.AddRange(written));
        }
        return null!;
    }

    protected override ImmutableList<IPersistentRepresentation> Stream(string persistenceId) =>
        _store.Streams.GetValueOrDefault(persistenceId) ?? [];
}
