namespace Akka.Dispatch;

/// <summary>The one dispatcher of a system: its runtime.</summary>
public sealed class Dispatcher : MessageDispatcher
{
    private readonly Runtime _runtime;

    internal Dispatcher(Runtime runtime, int throughput) : base(Dispatchers.DefaultDispatcherId, throughput) => _runtime = runtime;

    private protected override void Execute(Action run) => _runtime.Enqueue(run);
}
