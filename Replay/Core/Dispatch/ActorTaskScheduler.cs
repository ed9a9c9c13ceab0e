using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>Runs asynchronous work as part of an actor's turn: until it ends the actor takes no other message.</summary>
public static class ActorTaskScheduler
{
    public static void RunTask(Action action)
    {
        RequireCell();
        action();
    }

    /// <exception cref="InvalidOperationException">Called outside an actor's turn.</exception>
    public static void RunTask(Func<Task> asyncAction) =>
        RequireCell().RunAsync(static (action, _) => ((Func<Task>)action)(), asyncAction, 0);

    internal static void RunHandler<T>(Func<T, Task> handler, T message) =>
        RequireCell().RunAsync(static (h, m) => ((Func<T, Task>)h)(m), handler, message);

    private static ActorCell RequireCell() =>
        ActorCell.Current ?? throw new InvalidOperationException("RunTask must be called from an actor context.");
}
