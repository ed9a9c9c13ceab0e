namespace Akka.Actor.Internal;

public partial class ActorSystemImpl
{
    private readonly TaskCompletionSource _terminated;
    private readonly List<Action> _onTermination = [];
    private bool _treeStopped;

    public override Task WhenTerminated => _terminated.Task;

    public override Task Terminate()
    {
        if (Settings.CoordinatedShutdownRunByActorSystemTerminate)
            _ = CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        else
            StopTree();
        Runtime.RunUntilCompleted(WhenTerminated, "termination of " + Name);
        return WhenTerminated;
    }

    public override void Abort() => StopTree();

    public override void RegisterOnTermination(Action code)
    {
        lock (_onTermination)
        {
            if (!_treeStopped)
            {
                _onTermination.Add(code);
                return;
            }
        }
        code();
    }

    internal void StopTree() => _provider.Guardian.Stop();

    internal void OnTreeStopped()
    {
        Action[] callbacks;
        lock (_onTermination)
        {
            _treeStopped = true;
            callbacks = [.. _onTermination];
        }
        foreach (var callback in callbacks) RunCallback(callback);
        Runtime.Shutdown();
        Runtime.Resolve(() => _terminated.TrySetResult());
    }

    private void RunCallback(Action callback)
    {
        try
        {
            callback();
        }
        catch (Exception e)
        {
            Event.LoggingExtensions.Error(Log, e, "A termination callback failed");
        }
    }
}
