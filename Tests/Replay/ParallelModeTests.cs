using Akka.Actor;
using Xunit;

namespace Iommu.Tests.Replay;

/// <summary>The thread-pool mode under contention: nothing lost, nothing reordered, nothing concurrent within an actor.</summary>
public sealed class ParallelModeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Messages_of_each_sender_arrive_once_and_in_order_however_many_send()
    {
        const int Senders = 4;
        const int Each = 50_000;
        using var system = Systems.Parallel();
        var collector = system.ActorOf(Props.Create(() => new Collector(Senders, Each)));
        var finished = collector.Ask<string>("when done", Limit);
        var threads = Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            for (var i = 0; i < Each; i++) collector.Tell((sender, i), ActorRefs.NoSender);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.Equal("all in order", await finished);
        threads.ForEach(thread => thread.Join());
    }

    [Fact]
    public async Task Every_watcher_hears_of_every_death_when_actors_come_and_go()
    {
        using var system = Systems.Parallel();
        var nurseries = Enumerable.Range(0, 8).Select(i => system.ActorOf(Props.Create(() => new Nursery()), "nursery" + i)).ToList();
        var deaths = await Task.WhenAll(nurseries.Select(nursery => nursery.Ask<int>(500, Limit)));
        Assert.All(deaths, count => Assert.Equal(500, count));
    }

    [Fact]
    public async Task Asks_from_many_tasks_are_all_answered_with_their_own_reply()
    {
        using var system = Systems.Parallel();
        var squarer = system.ActorOf(Props.Create(() => new Squarer()));
        var replies = await Task.WhenAll(Enumerable.Range(0, 5000).Select(n => squarer.Ask<long>(n, Limit)));
        Assert.Equal(Enumerable.Range(0, 5000).Select(n => (long)n * n), replies);
    }

    [Fact]
    public async Task Async_handlers_keep_the_mailbox_waiting_until_they_end()
    {
        using var system = Systems.Parallel();
        var slow = system.ActorOf(Props.Create(() => new AsyncCounter()));
        for (var i = 0; i < 2000; i++) slow.Tell(1);
        Assert.Equal((2000, 1), await slow.Ask<(int Count, int MostAtOnce)>("report", Limit));
    }

    private sealed class Collector : ReceiveActor
    {
        private readonly int[] _next;
        private int _left;
        private bool _inOrder = true;
        private IActorRef? _asker;

        public Collector(int senders, int each)
        {
            _next = new int[senders];
            _left = senders * each;
            Receive<(int Sender, int Number)>(m =>
            {
                _inOrder &= _next[m.Sender]++ == m.Number;
                _left--;
                Report();
            });
            Receive<string>(_ =>
            {
                _asker = Sender;
                Report();
            });
        }

        private void Report()
        {
            if (_left == 0) _asker?.Tell(_inOrder ? "all in order" : "out of order");
        }
    }

    private sealed class Nursery : ReceiveActor
    {
        private int _left;
        private int _died;
        private IActorRef? _asker;

        public Nursery()
        {
            Receive<int>(count =>
            {
                _asker = Sender;
                _left = count;
                for (var i = 0; i < count; i++)
                {
                    var child = Context.Watch(Context.ActorOf(Props.Create(() => new Silent())));
                    if (i % 3 == 0) Context.Stop(child);
                    else child.Tell(i % 3 == 1 ? PoisonPill.Instance : Kill.Instance);
                }
            });
            Receive<Terminated>(_ =>
            {
                _died++;
                if (--_left == 0) _asker!.Tell(_died);
            });
        }
    }

    private sealed class Squarer : ReceiveActor
    {
        public Squarer() => Receive<int>(n => Sender.Tell((long)n * n));
    }

    private sealed class AsyncCounter : ReceiveActor
    {
        private int _count;
        private int _now;
        private int _most;

        public AsyncCounter()
        {
            ReceiveAsync<int>(async _ =>
            {
                _now++;
                _most = Math.Max(_most, _now);
                await Task.Yield();
                _count++;
                _now--;
            });
            Receive<string>(_ => Sender.Tell((_count, _most)));
        }
    }
}
