using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.UnderTest;

/// <summary>
/// Reports what the simulator says is broken, and tells who waits for it that a context is back. That it was killed is no failure.
/// </summary>
internal sealed class ProblemWatch : ReceiveActor
{
    private readonly List<(int Restarts, IActorRef Asking)> _waiting = [];
    private int _restarts;

    public ProblemWatch(Findings findings)
    {
        Receive<InvariantViolation>(broken => findings.Report(broken.Invariant, broken.Message));
        Receive<ContextFailed>(failed => Report(failed, findings));
        Receive<ContextRestarted>(_ =>
        {
            _restarts++;
            AnswerAll();
        });
        Receive<AwaitRestarts>(wait =>
        {
            _waiting.Add((wait.Count, Sender));
            AnswerAll();
        });
    }

    public static IActorRef Start(ActorSystem system, Findings findings)
    {
        var watch = system.ActorOf(Props.Create(() => new ProblemWatch(findings)), "problems");
        foreach (var told in new[] { typeof(InvariantViolation), typeof(ContextFailed), typeof(ContextRestarted) })
            system.EventStream.Subscribe(watch, told);
        return watch;
    }

    private static void Report(ContextFailed failed, Findings findings)
    {
        if (failed.Cause is ActorKilledException) return;
        findings.Report(failed.Cause is InvariantViolation broken ? broken.Invariant : "failure",
            $"context {failed.Name} failed: {failed.Cause.Message}");
    }

    private void AnswerAll()
    {
        foreach (var (count, asking) in _waiting.Where(it => it.Restarts <= _restarts)) asking.Tell(count);
        _waiting.RemoveAll(it => it.Restarts <= _restarts);
    }

    /// <summary>Answered by the number when so many restarts there were.</summary>
    internal sealed record AwaitRestarts(int Count);
}
