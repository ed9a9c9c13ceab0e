using Akka.Actor;
using Iommu.Messages;

namespace Iommu.TestKit.Stress;

/// <summary>
/// A vCPU's calls to one object, which go the same way one after the other, and so do their answers. Calls to another object may
/// overtake them: a vCPU with several objects has the answers of each come by a mailbox of its own, which says whose they are.
/// </summary>
/// <param name="answers">Who is answered.</param>
internal sealed class CallsInFlight(IActorRef answers)
{
    private readonly Queue<(int Lane, TimeSpan SentAt)> _calls = new();

    public bool Any => _calls.Count > 0;

    /// <summary>A call is about to be sent; returns who is to be answered.</summary>
    public IActorRef Sent(int lane, TimeSpan now)
    {
        _calls.Enqueue((lane, now));
        return answers;
    }

    /// <summary>The call that the next answer is of.</summary>
    public (int Lane, TimeSpan SentAt) Answered() => _calls.Dequeue();
}

/// <summary>Passes the answers of one object on to its parent.</summary>
internal sealed class AnswerRelay(ObjectId target) : UntypedActor
{
    public static Props Props(ObjectId target) => Akka.Actor.Props.Create(() => new AnswerRelay(target));

    protected override void OnReceive(object message)
    {
        if (message is Answer answer) Context.Parent.Tell(new Relayed(target, answer));
        else Unhandled(message);
    }

    internal sealed record Relayed(ObjectId Target, Answer Answer) : INoSerializationVerificationNeeded;
}
