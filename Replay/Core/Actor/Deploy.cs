namespace Akka.Actor;

/// <summary>Where and how an actor runs. Names of dispatchers and mailboxes are kept and not interpreted.</summary>
public class Deploy : IEquatable<Deploy>
{
    public const int NoStashSize = -1;

    public static readonly string NoDispatcherGiven = string.Empty;
    public static readonly string NoMailboxGiven = string.Empty;
    public static readonly Deploy Local = new();
    public static readonly Deploy None = new();

    public Deploy() { }

    public string Dispatcher { get; private init; } = NoDispatcherGiven;

    public string Mailbox { get; private init; } = NoMailboxGiven;

    public int StashCapacity { get; private init; } = NoStashSize;

    public virtual Deploy WithDispatcher(string dispatcher) =>
        new() { Dispatcher = dispatcher, Mailbox = Mailbox, StashCapacity = StashCapacity };

    public virtual Deploy WithMailbox(string mailbox) =>
        new() { Dispatcher = Dispatcher, Mailbox = mailbox, StashCapacity = StashCapacity };

    public virtual Deploy WithStashCapacity(int stashSize) =>
        new() { Dispatcher = Dispatcher, Mailbox = Mailbox, StashCapacity = stashSize };

    public bool Equals(Deploy? other) =>
        other is not null && Dispatcher == other.Dispatcher && Mailbox == other.Mailbox && StashCapacity == other.StashCapacity;

    public override bool Equals(object? obj) => Equals(obj as Deploy);

    public override int GetHashCode() => HashCode.Combine(Dispatcher, Mailbox, StashCapacity);
}
