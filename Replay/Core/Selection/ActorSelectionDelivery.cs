namespace Akka.Actor;

/// <summary>Takes a selected message down the tree, by way of the mailboxes of the actors that it passes.</summary>
internal static class ActorSelectionDelivery
{
    public static void Start(ActorSelection selection, object message, IActorRef? sender)
    {
        if (selection.Path.Length == 0) selection.Anchor.Tell(message, sender);
        else Step(selection.Anchor, new ActorSelectionMessage(message, selection.Path), sender);
    }

    public static void Continue(IActorRef at, ActorSelectionMessage message, IActorRef? sender)
    {
        if (message.Elements.Length == 0) at.Tell(message.Message, sender);
        else Step(at, message, sender);
    }

    private static void Step(IActorRef at, ActorSelectionMessage message, IActorRef? sender)
    {
        var rest = message.Elements[1..];
        if (at is not LocalActorRef local)
        {
            Missing(at, message, sender);
            return;
        }
        switch (message.Elements[0])
        {
            case SelectParent:
                Deliver(local.Parent, message.Message, rest, sender);
                break;
            case SelectChildName { Name: var name }:
                var child = local.Cell.GetSingleChild(name);
                if (child.IsNobody()) Missing(at, message, sender);
                else Deliver(child, message.Message, rest, sender);
                break;
            case SelectChildPattern pattern:
                foreach (var match in local.Cell.GetChildren().Where(c => pattern.Matches(c.Path.Name)).ToList())
                    Deliver(match, message.Message, rest, sender);
                break;
        }
    }

    private static void Deliver(IActorRef to, object message, SelectionPathElement[] rest, IActorRef? sender)
    {
        if (rest.Length == 0) to.Tell(message, sender);
        else Step(to, new ActorSelectionMessage(message, rest), sender);
    }

    private static void Missing(IActorRef at, ActorSelectionMessage message, IActorRef? sender)
    {
        var provider = ((IInternalActorRef)at).Provider;
        if (message.Message is Identify identify)
        {
            sender?.Tell(new ActorIdentity(identify.MessageId, null), null);
            return;
        }
        provider.DeadLetters.Tell(new Event.DeadLetter(message.Message, sender ?? provider.DeadLetters, provider.DeadLetters), sender);
    }
}
