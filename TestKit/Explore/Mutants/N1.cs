using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// What an unmap holds while it waits for the owner of pins is shared with every other context: calls on their IOASes wait until that owner
/// lets go, which is up to a user (I9).
/// </summary>
internal sealed class N1 : MailMutant
{
    private readonly Queue<(IActorRef Recipient, object Message, IActorRef? Sender)> _waiting = new();
    private bool _isHeld;

    public override string Name => "N1";

    public override string Summary => "an unmap holds what other contexts need while it waits for a user";

    public override string Scenario => "two-contexts";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is UnmapNotice) _isHeld = true;
        if (message is UnmapNoticed)
        {
            _isHeld = false;
            while (_waiting.TryDequeue(out var told)) Tell(told.Recipient, told.Message, told.Sender);
        }
        if (!_isHeld || message is not (Call or FromProcess) || !IsIoasOfAnother(recipient)) return message;
        _waiting.Enqueue((recipient, message, sender));
        return null;
    }

    private bool IsIoasOfAnother(IActorRef recipient) =>
        recipient.Path.Name.StartsWith("ioas-", StringComparison.Ordinal) && !recipient.Path.Parent.Equals(World.Context.Actor.Path);
}
