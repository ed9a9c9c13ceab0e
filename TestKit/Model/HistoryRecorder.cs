using System.Collections.Concurrent;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Has several clients make their calls at once, each one after the other, and writes down when each was made and answered. Works on
/// any runtime; on a deterministic one the seed chooses the interleaving.
/// </summary>
internal static class HistoryRecorder
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="world">A context in the state that the history is to begin in.</param>
    /// <param name="calls">What each client calls.</param>
    /// <exception cref="AskTimeoutException">A call was never answered.</exception>
    public static async Task<History> RecordAsync(ModelWorld world, IReadOnlyList<IReadOnlyList<Call>> calls)
    {
        var clock = new Clock();
        var system = world.System;
        var collector = system.ActorOf(Props.Create(() => new Collector(calls.Count)));
        for (var i = 0; i < calls.Count; i++)
        {
            var (number, own) = (i, calls[i]);
            system.ActorOf(Props.Create(() => new Client(world, number, own, clock, collector)));
        }
        var operations = await collector.Ask<IReadOnlyList<Operation>>(WhenDone.Instance, Patience);
        return new History([.. operations.OrderBy(operation => operation.InvokedAt)], await world.StateAsync());
    }

    private sealed class Clock
    {
        private long _now;

        public long Tick() => Interlocked.Increment(ref _now);
    }

    private sealed record WhenDone
    {
        public static readonly WhenDone Instance = new();
    }

    /// <summary>Waits for every client to be through.</summary>
    private sealed class Collector : ReceiveActor
    {
        private readonly List<Operation> _operations = [];
        private IActorRef? _waiting;

        public Collector(int clients)
        {
            Receive<WhenDone>(_ =>
            {
                _waiting = Sender;
                Report();
            });
            Receive<List<Operation>>(own =>
            {
                _operations.AddRange(own);
                clients--;
                Report();
            });

            void Report()
            {
                if (clients == 0) _waiting?.Tell(_operations);
            }
        }
    }

    private sealed class Client : ReceiveActor
    {
        private readonly ModelWorld _world;
        private readonly IReadOnlyList<Call> _calls;
        private readonly Clock _clock;
        private readonly List<Operation> _done = [];
        private long _invokedAt;
        private readonly IActorRef _collector;

        public Client(ModelWorld world, int number, IReadOnlyList<Call> calls, Clock clock, IActorRef collector)
        {
            (_world, _calls, _clock, _collector) = (world, calls, clock, collector);
            Receive<Answer>(answer =>
            {
                _world.Keep(answer);
                _done.Add(new Operation(number, _calls[_done.Count], answer, _invokedAt, _clock.Tick()));
                Next();
            });
        }

        protected override void PreStart() => Next();

        private void Next()
        {
            if (_done.Count == _calls.Count)
            {
                _collector.Tell(_done);
                return;
            }
            _invokedAt = _clock.Tick();
            if (_calls[_done.Count] is CloseEventFile close) Self.Tell(_world.CloseFile(close.Queue));
            else _world.Context.Send(_calls[_done.Count], Self);
        }
    }
}
