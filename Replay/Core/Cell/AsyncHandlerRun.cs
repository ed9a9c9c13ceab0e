using Akka.Dispatch.SysMsg;

namespace Akka.Actor.Internal;

/// <summary>An async handler under way: what it was called with, and the way back into its actor's turn.</summary>
internal sealed class AsyncHandlerRun(ActorCell cell, object message, IActorRef? sender) : SynchronizationContext
{
    public object Message => message;

    public IActorRef? Sender => sender;

    public Task Task { get; set; } = Task.CompletedTask;

    /// <summary>The note that the runtime keeps of the handler while it is under way.</summary>
    public IDisposable? External { get; set; }

    public override void Post(SendOrPostCallback d, object? state) =>
        cell.SystemImpl.Runtime.Post(() => cell.SendSystemMessage(new TaskContinuation(this, d, state)));

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("An actor's turn cannot be entered synchronously.");

    public override SynchronizationContext CreateCopy() => this;
}
