namespace Akka.Actor;

/// <summary>Sends the outcome of a task as a message: its result, or <see cref="Status.Failure"/>.</summary>
public static class PipeToSupport
{
    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<T, object>? success = null, Func<Exception, object>? failure = null) =>
        PipeTo(taskToPipe, recipient, false, sender, success, failure);

    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef? sender = null,
        Func<T, object>? success = null, Func<Exception, object>? failure = null) =>
        new Pipe(recipient, sender, failure).Send(taskToPipe, task =>
        {
            var result = ((Task<T>)task).GetAwaiter().GetResult();
            return success is null ? result : success(result);
        });

    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<object>? success = null, Func<Exception, object>? failure = null) =>
        PipeTo(taskToPipe, recipient, false, sender, success, failure);

    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef? sender = null,
        Func<object>? success = null, Func<Exception, object>? failure = null) =>
        new Pipe(recipient, sender, failure).Send(taskToPipe, task =>
        {
            task.GetAwaiter().GetResult();
            return success?.Invoke();
        });
}
