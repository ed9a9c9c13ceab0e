using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>A PipeTo whose task is not complete yet, so that a run which waits for it can say so.</summary>
internal sealed class PendingPipe(ActorCell owner) : IDisposable
{
    public ActorCell Owner => owner;

    public static PendingPipe? Begin(Task task) =>
        !task.IsCompleted && ActorCell.Current is { } cell ? cell.SystemImpl.Runtime.PipeStarted(cell) : null;

    public void Dispose() => owner.SystemImpl.Runtime.PipeEnded(this);
}
