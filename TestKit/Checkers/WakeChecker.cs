using Akka.Actor;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I4: whoever waits for the last short-term user of an object is woken by that user's put, not by a time-out. It has a
/// removal wait, has the user let go, and looks at the clock of the actor system in between: where time is virtual, none may pass.
/// </summary>
/// <param name="system">Where the removal waits.</param>
/// <param name="findings">Where to report.</param>
/// <param name="allowed">How long a put may take to wake; where time is real, far less than the time-outs in question.</param>
public sealed class WakeChecker(ActorSystem system, Findings findings, TimeSpan allowed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="what">The removal, in words.</param>
    /// <param name="remove">Asks for it, to be answered to the actor given; an object must be in use by a call that does not end.</param>
    /// <param name="put">Lets that call end.</param>
    public async Task CheckAsync(string what, Action<IActorRef> remove, Func<Task> put)
    {
        var waiter = system.ActorOf(Props.Create(() => new Waiter()));
        remove(waiter);
        if (await waiter.Ask<bool>(Waiter.Question.IsAnswered))
        {
            findings.Report("I4", $"{what} did not wait for its last user");
            return;
        }
        var letGo = system.Scheduler.Now;
        await put();
        var answered = await waiter.Ask<DateTimeOffset>(Waiter.Question.AnsweredAt, Patience);
        if (answered - letGo > allowed)
            findings.Report("I4",
                $"{what} went on {(answered - letGo).TotalSeconds:0.###} s after its last user had let go: a time-out woke it");
    }

    private sealed class Waiter : ReceiveActor
    {
        private DateTimeOffset? _answered;
        private IActorRef? _asking;

        public enum Question
        {
            IsAnswered,
            AnsweredAt,
        }

        public Waiter()
        {
            Receive<Question>(question =>
            {
                if (question == Question.IsAnswered) Sender.Tell(_answered is not null);
                else if (_answered is { } at) Sender.Tell(at);
                else _asking = Sender;
            });
            ReceiveAny(_ =>
            {
                _answered = Context.System.Scheduler.Now;
                _asking?.Tell(_answered.Value);
            });
        }
    }
}
