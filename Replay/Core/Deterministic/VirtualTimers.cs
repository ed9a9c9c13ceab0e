using Akka.Actor.Scheduler;

namespace Iommu.Replay;

/// <summary>Timers in virtual time, which stands still while anything can run.</summary>
internal sealed class VirtualTimers : TimerService
{
    public static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly SortedSet<TimerEntry> _entries = new(Comparer<TimerEntry>.Create(static (a, b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Order.CompareTo(b.Order)));

    private long _order;

    public TimeSpan Elapsed { get; private set; }

    public override DateTimeOffset Now => Epoch + Elapsed;

    public override TimeSpan MonotonicClock => Elapsed;

    /// <summary>When the next timer is due, or null.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_entries)
            {
                while (_entries.Min is { IsCancellationRequested: true } cancelled) _entries.Remove(cancelled);
                return _entries.Min?.Due;
            }
        }
    }

    public override void Remove(TimerEntry entry)
    {
        lock (_entries) _entries.Remove(entry);
    }

    public void AdvanceTo(TimeSpan time)
    {
        if (time > Elapsed) Elapsed = time;
    }

    /// <summary>The next timer that is due by now, taken out.</summary>
    public bool TryTakeDue(out TimerEntry entry)
    {
        lock (_entries)
        {
            entry = _entries.Min!;
            if (entry is null || entry.Due > Elapsed) return false;
            _entries.Remove(entry);
            return true;
        }
    }

    public void Repeat(TimerEntry entry)
    {
        if (entry.Interval > TimeSpan.Zero && !entry.IsCancellationRequested) Keep(entry, entry.Due + entry.Interval);
    }

    public void Clear()
    {
        lock (_entries) _entries.Clear();
    }

    protected override void Insert(TimerEntry entry, TimeSpan delay) => Keep(entry, Elapsed + delay);

    private void Keep(TimerEntry entry, TimeSpan due)
    {
        lock (_entries)
        {
            entry.Due = due;
            entry.Order = _order++;
            _entries.Add(entry);
        }
    }
}
