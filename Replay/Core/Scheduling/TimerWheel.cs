using System.Diagnostics;

namespace Akka.Actor.Scheduler;

/// <summary>
/// Timers in real time: a wheel of buckets, one a tick, turned by a thread of its own that sleeps while there are none.
/// Adding and cancelling cost the same however many timers there are, since most (time-outs) are cancelled.
/// </summary>
internal sealed class TimerWheel : TimerService, IDisposable
{
    private const int Buckets = 512;

    private readonly object _lock = new();
    private readonly TimerEntry?[] _buckets = new TimerEntry?[Buckets];
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _tick;
    private Thread? _thread;
    private long _lastTick;
    private int _count;
    private bool _disposed;

    private readonly Action<Exception> _onFailure;

    public TimerWheel(TimeSpan tick, Action<Exception> onFailure)
    {
        _tick = tick;
        _onFailure = onFailure;
    }

    public override DateTimeOffset Now => DateTimeOffset.UtcNow;

    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(_started);

    public override void Remove(TimerEntry entry)
    {
        lock (_lock) Unlink(entry);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <exception cref="SchedulerException">The system has terminated.</exception>
    protected override void Insert(TimerEntry entry, TimeSpan delay)
    {
        lock (_lock)
        {
            if (_disposed) throw new SchedulerException("cannot enqueue after timer shutdown");
            var now = MonotonicClock;
            if (_count == 0) _lastTick = now.Ticks / _tick.Ticks;
            entry.Due = now + delay;
            Link(entry);
            if (_thread is null) StartThread();
            else if (_count == 1) Monitor.Pulse(_lock);
        }
    }

    private void StartThread()
    {
        _thread = new Thread(Turn) { IsBackground = true, Name = "akka-scheduler" };
        _thread.Start();
    }

    private void Turn()
    {
        var due = new List<TimerEntry>();
        while (true)
        {
            lock (_lock)
            {
                while (_count == 0 && !_disposed) Monitor.Wait(_lock);
                if (_disposed) return;
                CollectDue(due);
                if (due.Count == 0) Monitor.Wait(_lock, _tick);
                if (_disposed) return;
            }
            foreach (var entry in due) Fire(entry);
            due.Clear();
        }
    }

    private void CollectDue(List<TimerEntry> due)
    {
        var now = MonotonicClock;
        var tick = now.Ticks / _tick.Ticks;
        var first = Math.Max(_lastTick, tick - Buckets + 1);
        for (var t = first; t <= tick; t++)
        {
            var next = _buckets[t % Buckets];
            while (next is not null)
            {
                var entry = next;
                next = entry.Next;
                if (entry.Due > now) continue;
                Unlink(entry);
                due.Add(entry);
            }
        }
        _lastTick = tick;
    }

    private void Fire(TimerEntry entry)
    {
        if (entry.IsCancellationRequested) return;
        try
        {
            entry.Fire();
        }
        catch (Exception e)
        {
            _onFailure(e);
        }
        if (entry.Interval == TimeSpan.Zero) return;
        lock (_lock)
        {
            if (_disposed || entry.IsCancellationRequested) return;
            entry.Due += entry.Interval;
            Link(entry);
        }
    }

    private void Link(TimerEntry entry)
    {
        var bucket = (int)(entry.Due.Ticks / _tick.Ticks % Buckets);
        entry.Bucket = bucket;
        entry.Previous = null;
        entry.Next = _buckets[bucket];
        if (entry.Next is not null) entry.Next.Previous = entry;
        _buckets[bucket] = entry;
        _count++;
    }

    private void Unlink(TimerEntry entry)
    {
        if (entry.Bucket < 0) return;
        if (entry.Previous is null) _buckets[entry.Bucket] = entry.Next;
        else entry.Previous.Next = entry.Next;
        if (entry.Next is not null) entry.Next.Previous = entry.Previous;
        entry.Next = entry.Previous = null;
        entry.Bucket = -1;
        _count--;
    }
}
