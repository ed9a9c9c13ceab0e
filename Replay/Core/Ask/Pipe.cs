namespace Akka.Actor;

/// <summary>One PipeTo. Where the task ends is where the message is sent, unless the runtime wants it elsewhere.</summary>
internal sealed class Pipe(ICanTell recipient, IActorRef? sender, Func<Exception, object>? failure)
{
    /// <summary>Sends what the function makes of the task; null is not sent.</summary>
    public Task Send(Task task, Func<Task, object?> outcome)
    {
        var cell = ActorCell.Current;
        var runtime = cell?.SystemImpl.Runtime ?? (recipient as LocalActorRef)?.Cell.SystemImpl.Runtime;
        if (task.IsCompleted || runtime is null) return Continue(task, ended => Tell(ended, outcome));
        var note = runtime.ExternalStarted(cell, task, $"pipe to {recipient}");
        return Continue(task, ended => runtime.Post(() =>
        {
            note?.Dispose();
            Tell(ended, outcome);
        }));
    }

    private static Task Continue(Task task, Action<Task> then)
    {
        if (!task.IsCompleted)
            return task.ContinueWith(then, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        then(task);
        return Task.CompletedTask;
    }

    private void Tell(Task task, Func<Task, object?> outcome)
    {
        object? message;
        try
        {
            message = outcome(task);
        }
        catch (Exception e)
        {
            message = failure is null ? new Status.Failure(e) : failure(e);
        }
        if (message is not null) recipient.Tell(message, sender);
    }
}
