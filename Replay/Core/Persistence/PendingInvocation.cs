namespace Akka.Persistence;

/// <summary>A handler that waits for its event to be written. While a stashing one waits, commands are stashed.</summary>
internal abstract class PendingInvocation(bool stashing)
{
    public bool Stashing { get; } = stashing;

    public abstract void Invoke(object payload);
}

internal sealed class PendingInvocation<TEvent>(Action<TEvent> handler, bool stashing) : PendingInvocation(stashing)
{
    public override void Invoke(object payload) => handler((TEvent)payload);
}
