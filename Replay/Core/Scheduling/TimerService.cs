namespace Akka.Actor.Scheduler;

/// <summary>Scheduler of a system; what time means is up to the kind of runtime.</summary>
internal abstract class TimerService : IScheduler, IAdvancedScheduler
{
    public IAdvancedScheduler Advanced => this;

    public abstract DateTimeOffset Now { get; }

    public abstract TimeSpan MonotonicClock { get; }

    public TimeSpan HighResMonotonicClock => MonotonicClock;

    public TimerEntry Once(TimeSpan delay, Action action) => Add(delay, new TimerEntry(this, action, null, null, null));

    public TimerEntry TellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        Add(delay, new TimerEntry(this, null, receiver, message, sender));

    public TimerEntry TellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        Add(initialDelay, new TimerEntry(this, null, receiver, message, sender) { Interval = Positive(interval) });

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        TellOnce(delay, receiver, message, sender);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, new TimerEntry(this, null, receiver, message, sender) { Given = cancelable });

    public void ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        TellRepeatedly(initialDelay, interval, receiver, message, sender);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(initialDelay, new TimerEntry(this, null, receiver, message, sender) { Interval = Positive(interval), Given = cancelable });

    public void ScheduleOnce(TimeSpan delay, Action action) => Once(delay, action);

    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) =>
        Add(delay, new TimerEntry(this, action, null, null, null) { Given = cancelable });

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action) =>
        ScheduleRepeatedly(initialDelay, interval, action, null);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, new TimerEntry(this, action, null, null, null) { Interval = Positive(interval), Given = cancelable });

    /// <summary>Forgets an entry that was cancelled.</summary>
    public abstract void Remove(TimerEntry entry);

    /// <summary>Keeps an entry until it is due.</summary>
    protected abstract void Insert(TimerEntry entry, TimeSpan delay);

    private TimerEntry Add(TimeSpan delay, TimerEntry entry)
    {
        if (delay < TimeSpan.Zero)
            throw new ArgumentException($"The delay must be >= 0. It was {delay.TotalMilliseconds} ms", nameof(delay));
        if (entry.IsCancellationRequested) return entry;
        Insert(entry, delay);
        return entry;
    }

    private static TimeSpan Positive(TimeSpan interval) => interval > TimeSpan.Zero
        ? interval
        : throw new ArgumentException($"The interval must be > 0. It was {interval.TotalMilliseconds} ms", nameof(interval));
}
