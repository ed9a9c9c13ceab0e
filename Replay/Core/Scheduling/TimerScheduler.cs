namespace Akka.Actor.Scheduler;

/// <summary>The timers of one instance of an actor.</summary>
internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    private Dictionary<object, Running>? _running;
    private int _generation;

    private readonly record struct Running(int Generation, bool Repeats, object Message, TimerEntry Entry);

    public IReadOnlyCollection<object> ActiveTimers => _running is null ? [] : _running.Keys;

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, interval, interval, sender);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) =>
        Start(key, msg, initialDelay, interval, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, initialDelay, interval, sender);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null, null);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) => Start(key, msg, timeout, null, sender);

    public bool IsTimerActive(object key) => _running is not null && _running.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_running is not null && _running.Remove(key, out var timer)) timer.Entry.Cancel();
    }

    public void CancelAll()
    {
        if (_running is null) return;
        foreach (var timer in _running.Values) timer.Entry.Cancel();
        _running.Clear();
    }

    /// <summary>The message to handle, or null when the timer was cancelled, restarted, or belongs to an earlier instance.</summary>
    public object? Intercept(TimerMessage message)
    {
        if (_running is null || !ReferenceEquals(message.Owner, this)) return null;
        if (!_running.TryGetValue(message.Key, out var timer) || timer.Generation != message.Generation) return null;
        if (!timer.Repeats) _running.Remove(message.Key);
        return timer.Message;
    }

    private void Start(object key, object msg, TimeSpan delay, TimeSpan? interval, IActorRef? sender)
    {
        Cancel(key);
        var generation = ++_generation;
        var message = msg is INotInfluenceReceiveTimeout
            ? new QuietTimerMessage(key, generation, this, msg)
            : new TimerMessage(key, generation, this, msg);
        var timers = cell.SystemImpl.Runtime.Timers;
        var entry = interval is { } period
            ? timers.TellRepeatedly(delay, period, cell.Self, message, sender)
            : timers.TellOnce(delay, cell.Self, message, sender);
        (_running ??= [])[key] = new Running(generation, interval is not null, msg, entry);
    }
}
