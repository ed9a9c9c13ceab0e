namespace Akka.Actor;

/// <summary>Actors by path, looked up anew for every message.</summary>
public class ActorSelection : ICanTell
{
    public ActorSelection(IActorRef anchor, string path) : this(anchor, path.Split('/', StringSplitOptions.RemoveEmptyEntries)) { }

    public ActorSelection(IActorRef anchor, IEnumerable<string> elements) : this(anchor, [.. elements.Select(Element)]) { }

    public ActorSelection(IActorRef anchor, SelectionPathElement[] path)
    {
        Anchor = anchor;
        Path = path;
    }

    public IActorRef Anchor { get; }

    public SelectionPathElement[] Path { get; }

    public string PathString => "/" + string.Join("/", Path.AsEnumerable());

    public void Tell(object message, IActorRef? sender = null) =>
        ActorSelectionDelivery.Start(this, message, sender ?? ActorCell.GetCurrentSelfOrNoSender());

    /// <summary>The actor selected.</summary>
    /// <exception cref="ActorNotFoundException">None answered in time.</exception>
    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    public async Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        ActorIdentity identity;
        try
        {
            identity = await this.Ask<ActorIdentity>(new Identify(null), timeout, ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new ActorNotFoundException("Exception occurred while resolving ActorSelection", e);
        }
        return identity.Subject ?? throw new ActorNotFoundException("subject was null");
    }

    public override bool Equals(object? obj) =>
        obj is ActorSelection other && Anchor.Equals(other.Anchor) && Path.SequenceEqual(other.Path);

    public override int GetHashCode() => HashCode.Combine(Anchor, Path.Length);

    public override string ToString() => $"ActorSelection[Anchor({Anchor}), Path({PathString})]";

    private static SelectionPathElement Element(string text) => text switch
    {
        ".." => new SelectParent(),
        _ when text.Contains('*') || text.Contains('?') => new SelectChildPattern(text),
        _ => new SelectChildName(text),
    };
}
