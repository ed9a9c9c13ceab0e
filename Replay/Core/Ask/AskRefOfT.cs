using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>An Ask whose reply must be a T: anything else, and a <see cref="Status.Failure"/>, becomes an exception.</summary>
internal sealed class AskRef<T> : AskRef
{
    private readonly TaskCompletionSource<T> _result;
    private ICancelable? _timer;
    private CancellationTokenRegistration _cancellation;

    public AskRef(ActorSystemImpl system) : base(system) =>
        _result = new TaskCompletionSource<T>(system.Runtime.ContinuationOptions);

    public override Task Reply => _result.Task;

    public Task<T> Result => _result.Task;

    public void Send(ICanTell target, object question, TimeSpan timeout, CancellationToken cancellationToken, bool named = true)
    {
        Question = question;
        Target = target;
        HasTimeout = timeout > TimeSpan.Zero;
        if (HasTimeout) _timer = System.Runtime.Timers.TellOnce(timeout, this, new AskExpired(timeout), null);
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static ask => ((AskRef<T>)ask!).Cancel(), this);
        target.Tell(question, named ? this : null);
        System.Runtime.AwaitReply(this);
    }

    protected override void TellInternal(object message, IActorRef? sender)
    {
        if (message is AskExpired expired)
        {
            Fail(new AskTimeoutException($"Timeout after {expired.After.TotalSeconds:F2} seconds"));
            return;
        }
        if (!End())
        {
            if (!_result.Task.IsCanceled) System.DeadLetters.Tell(message, this);
            return;
        }
        System.Runtime.Complete(this, message);
    }

    public override void Deliver(object message)
    {
        switch (message)
        {
            case T reply:
                _result.TrySetResult(reply);
                break;
            case Status.Failure failure:
                _result.TrySetException(failure.Cause ?? new TaskCanceledException("Task cancelled by actor via Failure message."));
                break;
            default:
                _result.TrySetException(
                    new ArgumentException($"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]"));
                break;
        }
    }

    public override void Fail(Exception cause)
    {
        if (End()) System.Runtime.Resolve(() => _result.TrySetException(cause));
    }

    private void Cancel()
    {
        if (End()) _result.TrySetCanceled();
    }

    private bool End()
    {
        if (!TryEnd()) return false;
        _timer?.Cancel();
        _cancellation.Unregister();
        return true;
    }
}
