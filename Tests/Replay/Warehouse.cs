using Akka.Actor;

namespace Iommu.Tests.Replay;

/// <summary>A program with something of everything: timers, stash, asks inside async handlers, failures, watches, restarts.</summary>
internal sealed class Warehouse : ReceiveActor, IWithTimers, IWithUnboundedStash
{
    private readonly List<string> _log = [];
    private int _dead;
    private int _pending;

    public Warehouse(int shelves)
    {
        for (var i = 0; i < shelves; i++)
        {
            var shelf = Context.ActorOf(Props.Create(() => new Shelf(i)), "shelf" + i);
            Context.Watch(shelf);
        }
        Closed();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartSingleTimer("open", "open", TimeSpan.FromMilliseconds(5));
        Timers.StartPeriodicTimer("tick", "tick", TimeSpan.FromMilliseconds(3));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(1, -1, _ => Directive.Restart);

    private void Closed()
    {
        Receive<string>(m => m == "open", _ =>
        {
            Become(Open);
            Stash.UnstashAll();
        });
        ReceiveAny(_ => Stash.Stash());
    }

    private void Open()
    {
        Receive<string>(m => m == "tick", _ => _log.Add("tick"));
        Receive<string>(m => m == "report", _ => Sender.Tell(string.Join(";", _log) + $"|dead={_dead}|pending={_pending}"));
        ReceiveAsync<int>(async item =>
        {
            _pending++;
            var shelf = Context.Child("shelf" + (item % 3));
            try
            {
                _log.Add(await shelf.Ask<string>(item, TimeSpan.FromMilliseconds(20)));
            }
            catch (AskTimeoutException)
            {
                _log.Add("lost " + item);
            }
            _pending--;
        });
        Receive<Terminated>(_ => _dead++);
    }
}
