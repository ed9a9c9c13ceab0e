namespace Akka.Dispatch;

/// <summary>The dispatchers of a system, by name. All names mean the same one.</summary>
public sealed class Dispatchers
{
    public static readonly string DefaultDispatcherId = "akka.actor.default-dispatcher";

    internal Dispatchers(MessageDispatcher dispatcher) => DefaultGlobalDispatcher = dispatcher;

    public MessageDispatcher DefaultGlobalDispatcher { get; }

    public MessageDispatcher Lookup(string dispatcherName) => DefaultGlobalDispatcher;

    public bool HasDispatcher(string id) => id == DefaultDispatcherId;
}
