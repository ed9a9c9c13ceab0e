using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Dispatch.SysMsg;

/// <summary>An async handler has come to its end.</summary>
internal sealed class TaskFinished(AsyncHandlerRun run) : SystemMessage
{
    public AsyncHandlerRun HandlerRun => run;

    public override string ToString() => $"<Finished>: {run.Message}";
}
