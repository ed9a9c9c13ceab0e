namespace Akka.Dispatch;

/// <summary>Runs work beside the actors of a system.</summary>
public abstract class MessageDispatcher
{
    internal MessageDispatcher(string id, int throughput)
    {
        Id = id;
        Throughput = throughput;
    }

    public string Id { get; protected set; }

    /// <summary>How many messages an actor may take in one turn.</summary>
    public int Throughput { get; set; }

    public void Schedule(Action run) => Execute(run);

    private protected abstract void Execute(Action run);
}
