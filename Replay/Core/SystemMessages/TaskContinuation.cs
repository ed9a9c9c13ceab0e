using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Dispatch.SysMsg;

/// <summary>The rest of an async handler, to be run in its actor's turn.</summary>
internal sealed class TaskContinuation(AsyncHandlerRun run, SendOrPostCallback callback, object? state) : SystemMessage
{
    public AsyncHandlerRun HandlerRun => run;

    public void Run() => callback(state);

    public override string ToString() => $"<Continue>: {run.Message}";
}
