using Akka.Actor;

namespace Iommu.Replay;

/// <summary>A reply on its way to who asked.</summary>
internal sealed class ReplyTurn(AskRef ask, object reply) : IRunnableTurn
{
    public string Actor => ask.Asker is { } asker ? "reply to " + asker.Self.Path.ToStringWithoutAddress() : "reply";

    public object? Message => reply;

    public void Take() => DeterministicRuntime.WithoutContext(() => ask.Deliver(reply));
}
