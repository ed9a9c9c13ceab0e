using Akka.Actor;

namespace Iommu.Tests.Replay;

/// <summary>Answers late, and breaks on every seventh item.</summary>
internal sealed class Shelf : ReceiveActor
{
    public Shelf(int number)
    {
        Receive<int>(item =>
        {
            if (item % 7 == 6) throw new InvalidOperationException("broken shelf");
            Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(item % 4), Sender, $"{number}:{item}", Self);
        });
    }
}
