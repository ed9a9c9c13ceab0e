using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Shuts a system down in phases; the tasks of a phase run concurrently, the phases in order.</summary>
public sealed partial class CoordinatedShutdown : IExtension
{
    private readonly ActorSystemImpl _system;
    private readonly IReadOnlyList<ShutdownPhase> _phases;
    private readonly Dictionary<string, List<ShutdownTask>> _tasks = [];
    private readonly TaskCompletionSource<Done> _finished;
    private Reason? _reason;

    internal CoordinatedShutdown(ActorSystemImpl system)
    {
        _system = system;
        _finished = new TaskCompletionSource<Done>(system.Runtime.ContinuationOptions);
        _phases = ShutdownPhase.InOrder(system.Settings.Config);
        if (system.Settings.CoordinatedShutdownTerminateActorSystem)
            AddTask(PhaseActorSystemTerminate, "terminate-system", TerminateSystem);
    }

    public ExtendedActorSystem System => _system;

    /// <summary>Why it was started, or null.</summary>
    public Reason ShutdownReason => _reason!;

    /// <summary>The time that all phases with tasks may take.</summary>
    public TimeSpan TotalTimeout => _phases.Where(p => _tasks.ContainsKey(p.Name)).Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Timeout);

    public static CoordinatedShutdown Get(ActorSystem sys) => new CoordinatedShutdownExtension().Get(sys);

    /// <summary>Adds a task to a phase that has not run yet.</summary>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        if (_phases.All(p => p.Name != phase))
            throw new ConfigurationException(
                $"Unknown phase [{phase}], known phases [{string.Join(",", _phases.Select(p => p.Name))}]. "
                + "All phases (along with their optional dependencies) must be defined in configuration.");
        lock (_tasks)
        {
            if (!_tasks.TryGetValue(phase, out var tasks)) _tasks[phase] = tasks = [];
            tasks.Add(new ShutdownTask(taskName, task));
        }
    }

    public TimeSpan Timeout(string phase) => (_phases.FirstOrDefault(p => p.Name == phase)
        ?? throw new ArgumentException($"Unknown phase [{phase}]. All phases must be defined in configuration.")).Timeout;

    /// <summary>Runs the phases, from the one given if any. Only the first call counts; all get the same task.</summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            IReadOnlyList<ShutdownPhase> phases = fromPhase is null ? _phases : [.. _phases.SkipWhile(p => p.Name != fromPhase)];
            _system.Runtime.Enqueue(() => _ = RunPhases(phases));
            _system.Runtime.RunUntilCompleted(_finished.Task, "coordinated shutdown of " + _system.Name);
        }
        return _finished.Task;
    }

    private async Task RunPhases(IReadOnlyList<ShutdownPhase> phases)
    {
        try
        {
            foreach (var phase in phases) await RunPhase(phase);
            _finished.TrySetResult(Done.Instance);
        }
        catch (Exception e)
        {
            _finished.TrySetException(e);
        }
    }

    private async Task RunPhase(ShutdownPhase phase)
    {
        ShutdownTask[] tasks;
        lock (_tasks) tasks = _tasks.TryGetValue(phase.Name, out var added) ? [.. added] : [];
        if (tasks.Length == 0) return;
        // Before the tasks: the last phase's ends the system, and its timers with it.
        var timeout = new TaskCompletionSource(_system.Runtime.ContinuationOptions);
        var timer = _system.Runtime.Timers.Once(phase.Timeout, () => timeout.TrySetResult());
        var all = Task.WhenAll(tasks.Select(task => RunTask(phase, task)));
        if (await Task.WhenAny(all, timeout.Task) == all)
        {
            timer.Cancel();
            await all;
            return;
        }
        var message = $"Coordinated shutdown phase [{phase.Name}] timed out after {phase.Timeout}";
        if (!phase.Recover) throw new TimeoutException(message);
        _system.Log.Warning(message);
    }

    private async Task RunTask(ShutdownPhase phase, ShutdownTask task)
    {
        try
        {
            var running = task.Run();
            using var note = running.IsCompleted ? null : _system.Runtime.ExternalStarted(null, running, $"shutdown task {task.Name}");
            await running;
        }
        catch (Exception e) when (phase.Recover)
        {
            _system.Log.Warning("Task [{0}] failed in phase [{1}]: {2}", task.Name, phase.Name, e.Message);
        }
    }

    private async Task<Done> TerminateSystem()
    {
        _system.StopTree();
        await _system.WhenTerminated;
        return Done.Instance;
    }
}
