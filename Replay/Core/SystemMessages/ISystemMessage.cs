namespace Akka.Dispatch.SysMsg;

/// <summary>A message of the runtime to an actor; it overtakes all ordinary messages.</summary>
public interface ISystemMessage { }
