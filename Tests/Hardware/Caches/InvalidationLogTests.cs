using Iommu.Hardware.Caches;

namespace Iommu.Tests.Hardware.Caches;

/// <summary>Whether a walk's result may stay, by what queues have carried out since it began.</summary>
public class InvalidationLogTests
{
    private readonly InvalidationLog<int> _log = new();

    [Fact]
    public void A_command_after_the_walk_began_covers_what_it_names()
    {
        var (queue, since) = (_log.Open(), _log.Sequence);
        queue.Append(5);
        Assert.True(MayCover(5, since));
        Assert.False(MayCover(6, since));
    }

    [Fact]
    public void A_command_under_way_when_the_walk_begins_counts_as_later()
    {
        var queue = _log.Open();
        queue.Append(5);
        Assert.True(MayCover(5, _log.Sequence));
    }

    [Fact]
    public void A_command_that_was_synchronized_before_the_walk_began_does_not_count()
    {
        var queue = _log.Open();
        queue.Append(5);
        var before = _log.Sequence;
        queue.Settle();
        Assert.True(MayCover(5, before));
        Assert.False(MayCover(5, _log.Sequence));
    }

    [Fact]
    public void What_one_queue_synchronizes_says_nothing_of_another()
    {
        var (first, second) = (_log.Open(), _log.Open());
        first.Append(1);
        second.Append(2);
        first.Settle();
        Assert.False(MayCover(1, _log.Sequence));
        Assert.True(MayCover(2, _log.Sequence));
    }

    [Fact]
    public void A_walk_that_began_too_long_ago_is_told_yes()
    {
        var (queue, since) = (_log.Open(), _log.Sequence);
        for (var i = 0; i < 5000; i++) queue.Append(1);
        Assert.True(MayCover(2, since));
    }

    [Fact]
    public void A_queue_that_never_synchronizes_does_not_keep_others_from_caching()
    {
        var queue = _log.Open();
        for (var i = 0; i < 5000; i++) queue.Append(1);
        var looks = 0;
        Assert.False(_log.MayCover(2, _log.Sequence, (_, _) => ++looks < 0));
        Assert.InRange(looks, 1, 64);
    }

    [Fact]
    public void A_tick_is_later_than_all_walks_before_and_not_later_than_those_after()
    {
        var before = _log.Sequence;
        var tick = _log.Tick();
        Assert.True(before < tick);
        Assert.True(_log.Sequence >= tick);
    }

    /// <summary>
    /// Cells hold what a walk last found in a table; software raises the table's number and has it invalidated by a queue of its own, and
    /// after the synchronization nobody may find an older one. Two queues, and a walker that fills as the IOMMUs' walkers do.
    /// </summary>
    [Fact]
    public async Task Nothing_older_than_a_synchronized_invalidation_is_found_with_two_queues_and_walks_at_once()
    {
        const int Rounds = 50_000;
        var (tables, cached) = (new long[2], new Box?[2]);
        using var ended = new CancellationTokenSource();
        var walker = Task.Factory.StartNew(() => Walk(tables, cached, ended.Token), TaskCreationOptions.LongRunning);
        var stale = await Task.WhenAll(Enumerable.Range(0, 2).Select(which => Task.Factory.StartNew(
            () => Invalidate(which, _log.Open(), tables, cached, Rounds), TaskCreationOptions.LongRunning)));
        await ended.CancelAsync();
        Assert.Equal([0, 0], stale);
        Assert.True(await walker > 0, "nothing was ever cached");
    }

    private static int Invalidate(int which, QueueLog<int> queue, long[] tables, Box?[] cached, int rounds)
    {
        var stale = 0;
        for (var round = 1; round <= rounds; round++)
        {
            Interlocked.Exchange(ref tables[which], round);
            queue.Append(which);
            Volatile.Write(ref cached[which], null);
            queue.Settle();
            // A walk that began before may still fill, and take out again: only what its walker has let stay counts.
            Thread.SpinWait(20);
            if (Volatile.Read(ref cached[which]) is { IsKept: true } found && found.Value < round) stale++;
        }
        return stale;
    }

    private int Walk(long[] tables, Box?[] cached, CancellationToken ended)
    {
        var kept = 0;
        for (var i = 0; !ended.IsCancellationRequested; i ^= 1)
        {
            var since = _log.Sequence;
            var box = new Box(Volatile.Read(ref tables[i]));
            // As a walk's next steps would take.
            Thread.SpinWait(20);
            Interlocked.Exchange(ref cached[i], box);
            if (_log.MayCover(i, since, static (command, what) => command == what)) Interlocked.CompareExchange(ref cached[i], null, box);
            else
            {
                box.IsKept = true;
                kept++;
            }
        }
        return kept;
    }

    private bool MayCover(int what, long since) => _log.MayCover(what, since, static (command, asked) => command == asked);

    private sealed class Box(long value)
    {
        private volatile bool _isKept;

        public long Value => value;

        public bool IsKept { get => _isKept; set => _isKept = value; }
    }
}
