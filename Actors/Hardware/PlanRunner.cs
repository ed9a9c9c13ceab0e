using Akka.Actor;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Hardware;

/// <summary>
/// Moves the plans of one actor on: sends a batch to its queue, and when that reports takes the plan's next step. Several plans
/// may be under way.
/// </summary>
internal sealed class PlanRunner(QueueDirectory queues, IActorRef self)
{
    private readonly Dictionary<long, (IEnumerator<CommandBatch> Plan, Action Done)> _underWay = [];
    private long _lastTag;

    /// <summary>Starts a plan. <paramref name="done"/> runs in a turn of the actor; at once when there is nothing to wait for.</summary>
    public void Run(IEnumerable<CommandBatch> plan, Action done) => Advance(++_lastTag, plan.GetEnumerator(), done);

    /// <summary>The actor passes every tagged <see cref="BatchDone"/> on to here.</summary>
    /// <exception cref="HardwareStoppedException">A queue refused a command of the host's own making.</exception>
    public void OnDone(BatchDone done)
    {
        if (!_underWay.Remove(done.Tag, out var work)) return;
        if (done.Errno != Errno.None) throw new HardwareStoppedException($"{self.Path.Name}: a command of its plan was refused");
        Advance(done.Tag, work.Plan, work.Done);
    }

    private void Advance(long tag, IEnumerator<CommandBatch> plan, Action done)
    {
        if (!plan.MoveNext())
        {
            plan.Dispose();
            done();
            return;
        }
        _underWay[tag] = (plan, done);
        queues[plan.Current.Queue].Tell(new RunBatch(plan.Current, self, tag, null), self);
    }
}

/// <summary>A hardware queue stopped on a command that the host itself issued.</summary>
public sealed class HardwareStoppedException(string message) : Exception(message);
