using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>A child tells its parent that it failed and waits for the decision.</summary>
public sealed class Failed : SystemMessage
{
    public Failed(IActorRef child, Exception cause, long uid)
    {
        Child = child;
        Cause = cause;
        Uid = uid;
    }

    public IActorRef Child { get; }

    public Exception Cause { get; }

    public long Uid { get; }

    internal override bool WaitsForChildren => true;

    internal override bool WaitsForResume => true;

    public override string ToString() => $"<Failed>: {Child} ({Cause.GetType().Name})";
}
