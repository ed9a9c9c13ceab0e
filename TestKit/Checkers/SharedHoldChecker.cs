using Akka.Actor;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I9: nothing shared between contexts is held across a wait that a user controls, or across unbounded work. It puts one
/// context into such a wait, or to such work, and has others call meanwhile.
/// </summary>
/// <param name="findings">Where to report.</param>
/// <param name="patience">How long a call of another context may take that waits for nobody; only a breach takes so long.</param>
public sealed class SharedHoldChecker(Findings findings, TimeSpan patience)
{
    /// <param name="what">The wait, in words.</param>
    /// <param name="begin">Begins a call that only the user's <paramref name="letGo"/> ends.</param>
    /// <param name="letGo">What the user has to do.</param>
    /// <param name="others">Calls of other contexts, by name, one after the other; each begins when it is asked for.</param>
    public async Task CheckWaitAsync(
        string what, Func<Task> begin, Func<Task> letGo, IReadOnlyList<(string What, Func<Task> Call)> others)
    {
        var waiting = begin();
        Task? stuck = null;
        foreach (var (name, call) in others)
        {
            var answered = call();
            if (await EndsAsync(answered)) continue;
            findings.Report("I9", $"{name} of another context waits for {what}, which only a user ends");
            stuck = answered;
            break;
        }
        if (waiting.IsCompleted) findings.Report("I9", $"{what} did not wait for its user: nothing was checked");
        await letGo();
        if (!await EndsAsync(waiting)) findings.Report("I9", $"{what} does not end when its user lets go");
        if (stuck is not null && !await EndsAsync(stuck)) findings.Report("I9", "the call of the other context is not answered even then");
    }

    /// <param name="system">Where the contexts are.</param>
    /// <param name="what">The work, in words.</param>
    /// <param name="work">Begins a call that comes to much work, answered to the actor given; ends when the work is under way.</param>
    /// <param name="isWorks">Whether an answer is that of the work.</param>
    /// <param name="name">The call of another context, in words.</param>
    /// <param name="other">Begins that call, which comes to little, likewise.</param>
    /// <param name="goOn">Lets the work go on: until then it was slow enough to be met.</param>
    public async Task CheckWorkAsync(
        ActorSystem system, string what, Func<IActorRef, Task> work, Predicate<object> isWorks, string name, Func<IActorRef, Task> other,
        Action goOn)
    {
        var answers = system.ActorOf(Props.Create(() => new Answers(2)));
        await work(answers);
        await other(answers);
        goOn();
        var inOrder = await answers.Ask<IReadOnlyList<object>>(Answers.Collect, patience);
        if (isWorks(inOrder[0])) findings.Report("I9", $"{name} of another context was answered only after {what}");
    }

    private async Task<bool> EndsAsync(Task task)
    {
        try
        {
            await task.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Two answers in the order in which they were sent, if one actor sends both.</summary>
    private sealed class Answers : ReceiveActor
    {
        public static readonly object Collect = new();

        public Answers(int count)
        {
            var answers = new List<object>();
            IActorRef? asking = null;
            ReceiveAny(message =>
            {
                if (ReferenceEquals(message, Collect)) asking = Sender;
                else answers.Add(message);
                if (answers.Count == count) asking?.Tell(answers);
            });
        }
    }
}
