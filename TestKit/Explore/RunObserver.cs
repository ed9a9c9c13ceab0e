using Akka.Actor;
using Iommu.Replay;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.TestKit.Explore;

/// <summary>Stands before the mailboxes of a run: the mutant first, and then whoever wants to know what is told to whom.</summary>
/// <param name="mutant">May change it; null for nobody.</param>
/// <param name="strategy">Is told.</param>
/// <param name="recorder">Is told; null for nobody.</param>
internal sealed class RunObserver(IMessageFilter? mutant, Strategy strategy, StepRecorder? recorder) : IMessageFilter
{
    public object? Told(IActorRef recipient, object message, IActorRef? sender)
    {
        var told = mutant is null ? message : mutant.Told(recipient, message, sender);
        if (told is null) return null;
        strategy.Told(recipient, signalled: false);
        recorder?.OnTold(recipient, told);
        return told;
    }

    public void Signalled(IActorRef recipient)
    {
        mutant?.Signalled(recipient);
        strategy.Told(recipient, signalled: true);
    }
}
