using Akka.Actor;
using Iommu.Actors.Contexts;

namespace Iommu.Actors.Simulator;

/// <summary>
/// Brings a context back that has failed: at once, or after pauses that grow when it did not come as far as to serve, and not more often
/// in a minute than iommu.contexts.restarts. Who calls it meanwhile waits for that; the other contexts go on.
/// </summary>
internal sealed partial class SimulatorActor
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);

    private readonly int _restartsMax = SimulatorConfig.Restarts(Context.System);
    private readonly Dictionary<string, IReadOnlyList<Belongings>> _left;
    private readonly Dictionary<string, ContextSettings> _toRestart = [];
    private readonly Dictionary<string, Queue<TimeSpan>> _failures = [];
    private readonly Dictionary<string, int> _unserved = [];
    private readonly Dictionary<string, List<IActorRef>> _waiting = [];

    /// <summary>What cannot even be opened is its caller's to try again.</summary>
    private void RestartLater(string name, Opening opening, ContextSettings next)
    {
        var wasBrought = _toRestart.ContainsKey(name);
        if (opening.Serving is null && !wasBrought) return;
        var now = Context.System.Scheduler.MonotonicClock;
        if (!_failures.TryGetValue(name, out var failures)) _failures[name] = failures = new Queue<TimeSpan>();
        while (failures.TryPeek(out var first) && now - first > Window) failures.Dequeue();
        failures.Enqueue(now);
        if (opening.Serving is null || failures.Count > _restartsMax) EndRestart(name, isBack: false);
        if (failures.Count > _restartsMax) return;
        _toRestart[name] = next;
        if (opening.Serving is not null)
        {
            _unserved.Remove(name);
            Restart(name);
            return;
        }
        var unserved = _unserved[name] = _unserved.GetValueOrDefault(name) + 1;
        Context.System.Scheduler.ScheduleTellOnce(PauseAfter(unserved), Self, new RestartDue(name), ActorRefs.NoSender);
    }

    private static TimeSpan PauseAfter(int unserved)
    {
        var pause = TimeSpan.FromSeconds(1 << Math.Min(unserved - 1, 8));
        return pause < PauseMax ? pause : PauseMax;
    }

    /// <summary>Unless somebody has opened it meanwhile.</summary>
    private void Restart(string name)
    {
        if (_live.ContainsKey(name) || !_toRestart.TryGetValue(name, out var settings)) return;
        _live[name] = new Opening(ActorRefs.Nobody, settings);
        Start(settings);
    }

    private void OnAwaited(AwaitRestart asked)
    {
        var opening = _live.GetValueOrDefault(asked.Name);
        if (opening?.Serving is { } serving && !serving.Context.Equals(asked.Lost)) Sender.Tell(new RestartOver(true));
        else if (opening is null) Sender.Tell(new RestartOver(false));
        else
        {
            if (!_waiting.TryGetValue(asked.Name, out var waiting)) _waiting[asked.Name] = waiting = [];
            waiting.Add(Sender);
        }
    }

    private void EndRestart(string name, bool isBack)
    {
        var wasBrought = _toRestart.Remove(name);
        if (wasBrought && isBack) Context.System.EventStream.Publish(new ContextRestarted(name));
        if (!_waiting.Remove(name, out var waiting)) return;
        foreach (var caller in waiting) caller.Tell(new RestartOver(isBack));
    }
}
