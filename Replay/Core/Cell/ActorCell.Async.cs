using System.Runtime.ExceptionServices;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public partial class ActorCell
{
    private AsyncHandlerRun? _asyncRun;

    /// <summary>The async handler for whose end this actor waits, if any.</summary>
    internal AsyncHandlerRun? PendingAsync => _asyncRun;

    /// <summary>
    /// Runs an async handler. One that completes at once is like any other handler; for another one ordinary messages wait.
    /// </summary>
    internal void RunAsync<T>(Func<Delegate, T, Task> invoke, Delegate handler, T argument)
    {
        var run = new AsyncHandlerRun(this, CurrentMessage, _sender);
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(run);
        try
        {
            run.Task = invoke(handler, argument);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
        if (run.Task.IsCompleted)
        {
            ThrowIfFailed(run.Task);
            return;
        }
        _asyncRun = run;
        _obstacles |= Awaiting;
        run.External = _system.Runtime.ExternalStarted(this, run.Task, $"async handling of {run.Message}");
        run.Task.ContinueWith(
            _ => _system.Runtime.Post(() => SendSystemMessage(new TaskFinished(run))),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void ContinueAsync(TaskContinuation continuation)
    {
        var run = continuation.HandlerRun;
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(run);
        CurrentMessage = run.Message;
        _sender = run.Sender;
        try
        {
            continuation.Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
        CurrentMessage = null!;
    }

    private void FinishAsync(AsyncHandlerRun run)
    {
        _asyncRun = null;
        run.External?.Dispose();
        _obstacles &= ~Awaiting;
        CurrentMessage = run.Message;
        _sender = run.Sender;
        ThrowIfFailed(run.Task);
        CheckReceiveTimeout(run.Message is not INotInfluenceReceiveTimeout);
        CurrentMessage = null!;
    }

    private static void ThrowIfFailed(Task task)
    {
        if (task.IsCanceled) throw new TaskCanceledException();
        if (task.Exception is not { } failure) return;
        if (failure.InnerExceptions.Count > 1) throw failure;
        ExceptionDispatchInfo.Throw(failure.InnerException!);
    }
}
