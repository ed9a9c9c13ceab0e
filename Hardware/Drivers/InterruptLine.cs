namespace Iommu.Hardware.Drivers;

/// <summary>From hardware to who services it: the first interrupt since a round began is passed on. Any thread may raise it.</summary>
internal sealed class InterruptLine
{
    private Action? _listener;
    private int _isRaised;

    public Action? Listener { set => Volatile.Write(ref _listener, value); }

    public void Raise()
    {
        if (Volatile.Read(ref _listener) is { } listener && Interlocked.Exchange(ref _isRaised, 1) == 0) listener();
    }

    /// <summary>Before a round looks at anything: what comes later interrupts again.</summary>
    public void BeginRound() => Interlocked.Exchange(ref _isRaised, 0);
}
