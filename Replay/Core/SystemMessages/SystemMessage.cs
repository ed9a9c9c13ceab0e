namespace Akka.Dispatch.SysMsg;

/// <summary>A link of an actor's queue of system messages: one object may go to one actor only.</summary>
public abstract class SystemMessage : ISystemMessage
{
    internal SystemMessage? Next { get; set; }

    /// <summary>Kept back while the actor waits for its children to stop.</summary>
    internal virtual bool WaitsForChildren => false;

    /// <summary>Kept back while the actor is suspended.</summary>
    internal virtual bool WaitsForResume => false;
}
