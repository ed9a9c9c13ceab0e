namespace Akka.Actor.Scheduler;

/// <summary>One timer: when it is due, how often, and what it does. Cancelling it takes it out of its service.</summary>
internal sealed class TimerEntry(TimerService service, Action? action, ICanTell? receiver, object? message, IActorRef? sender) : ICancelable
{
    private CancellationTokenSource? _source;
    private int _cancelled;

    /// <summary>Elapsed time at which it is due.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>Zero for a timer that fires once.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Order of entries that are due at the same time.</summary>
    public long Order { get; set; }

    /// <summary>Given by the caller, who may cancel it.</summary>
    public ICancelable? Given { get; init; }

    public ICanTell? Receiver => receiver;

    public object? Message => message;

    // Links of the bucket that holds it.
    public TimerEntry? Next { get; set; }

    public TimerEntry? Previous { get; set; }

    public int Bucket { get; set; } = -1;

    public bool IsCancellationRequested => Volatile.Read(ref _cancelled) != 0 || Given is { IsCancellationRequested: true };

    public CancellationToken Token
    {
        get
        {
            var source = _source ?? Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null) ?? _source;
            if (IsCancellationRequested) source.Cancel();
            return source.Token;
        }
    }

    public void Cancel()
    {
        if (Interlocked.Exchange(ref _cancelled, 1) != 0) return;
        service.Remove(this);
        _source?.Cancel();
    }

    public void Cancel(bool throwOnFirstException) => Cancel();

    public void CancelAfter(TimeSpan delay) => service.Once(delay, Cancel);

    public void CancelAfter(int millisecondsDelay) => CancelAfter(TimeSpan.FromMilliseconds(millisecondsDelay));

    /// <summary>Does what the timer is for.</summary>
    public void Fire()
    {
        if (action is not null) action();
        else receiver!.Tell(message!, sender);
    }

    public override string ToString() => action is not null ? "action" : $"{message?.GetType().Name} to {receiver}";
}
