using Akka.Actor.Internal;

namespace Akka.Actor;

public partial class ActorCell
{
    private ReceiveTimeoutState? _timeout;

    public TimeSpan? ReceiveTimeout => _timeout?.Duration;

    public void SetReceiveTimeout(TimeSpan? timeout = null)
    {
        if (timeout is null && _timeout is null) return;
        (_timeout ??= new ReceiveTimeoutState()).Duration = timeout;
    }

    private void CheckReceiveTimeout(bool reschedule)
    {
        if (_timeout is null) return;
        if (_timeout.Duration is not { } duration)
        {
            CancelReceiveTimeout();
            return;
        }
        if (!reschedule && _timeout.Pending is not null) return;
        _timeout.Pending?.Cancel();
        _timeout.Pending = _system.Runtime.Timers.TellOnce(duration, _self, Akka.Actor.ReceiveTimeout.Instance, _self);
    }

    private void CancelReceiveTimeout()
    {
        _timeout?.Pending?.Cancel();
        if (_timeout is not null) _timeout.Pending = null;
    }
}
