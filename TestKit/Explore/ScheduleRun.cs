using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Crash.Simulated;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;
using Iommu.TestKit.Model;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore;

/// <summary>One schedule of a scenario, from a new world to the verdict; with one more world after each crash.</summary>
/// <param name="scenario">What runs.</param>
/// <param name="mutant">What is broken on purpose; null for nothing.</param>
/// <param name="strategy">Takes the choices.</param>
/// <param name="histories">What is known of histories.</param>
/// <param name="recorder">Writes its turns down; null for nobody.</param>
internal sealed class ScheduleRun(
    Scenario scenario, Mutant? mutant, Strategy strategy, HistoryJudge histories, StepRecorder? recorder = null)
{
    /// <summary>Virtual time after which nothing will help a caller that waits.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    /// <summary>A run that takes more turns does not end.</summary>
    private const int TurnsMax = 20_000;

    private const int TimerOneIn = 8;

    private readonly Findings _findings = new();
    private CrashChoice? _crash;
    private int _timers;

    /// <summary>What was chosen.</summary>
    public Choices Choices { get; } = new(strategy);

    /// <summary>What is broken; null when everything holds.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>Whether the strategy has left it before its end.</summary>
    public bool IsAbandoned { get; private set; }

    /// <exception cref="ScenarioException">What leads to it cannot be done.</exception>
    public void Run()
    {
        if (recorder is not null) Choices.OnTurn = recorder.OnTurn;
        var failures = new ChosenFailures(Choices, scenario.FailuresMax);
        using var store = IsJournaled ? new SimulatedStore(faults: JournalFaults) : null;
        var world = Create(failures, store);
        world.OpenAsync().GetAwaiter().GetResult();
        Observe(world);
        scenario.SetUpAsync(world).GetAwaiter().GetResult();
        world.Replay.RunUntilIdle();
        world.Replay.Schedule = Choices;
        failures.On = true;
        scenario.Start(world);
        Live(world, failures, crashes: 0);
        Violation = _findings.All.FirstOrDefault();
    }

    private bool IsJournaled => scenario.CrashesMax > 0 || scenario.Restarts;

    private StoreFaults JournalFaults => mutant?.JournalFaults ?? StoreFaults.None;

    private World Create(ChosenFailures failures, SimulatedStore? store) =>
        new(scenario.Build(mutant?.Decoration ?? Decoration.None, _findings), _findings, failures, store, scenario.Restarts);

    private void Observe(World world)
    {
        var filter = mutant?.Attach(world);
        if (filter is not null || recorder is not null || strategy.WantsToldOf)
            world.Replay.Filter = new RunObserver(filter, strategy, recorder);
    }

    /// <summary>From when the callers begin to when all are through, or to a crash, and what comes after that.</summary>
    private void Live(World world, ChosenFailures failures, int crashes)
    {
        foreach (var caller in world.Callers) caller.Join();
        var left = Search(world, () => world.Callers.All(caller => caller.IsDone), crashes);
        failures.On = false;
        if (IsAbandoned) return;
        if (left is not null) Recover(world, left, failures.Hit, crashes + 1);
        else if (!_findings.Any) Check(world, failures.Hit);
    }

    /// <summary>
    /// What a crash has left comes back; a crash in it leaves something else of that. No step fails any more, and one that did before the
    /// crash excuses nothing after it.
    /// </summary>
    private void Recover(World before, SimulatedDatabase left, string? failed, int crashes)
    {
        using var store = new SimulatedStore(left, JournalFaults);
        var none = new ChosenFailures(Choices, max: 0);
        var world = Create(none, store);
        Observe(world);
        world.Replay.Schedule = Choices;
        world.BeginToRecover();
        var again = Search(world, () => world.IsOpen, crashes);
        if (IsAbandoned) return;
        if (again is not null) Recover(before, again, failed, crashes + 1);
        else if (!_findings.Any)
        {
            Judged(() => CrashJudge.RecoveredAsync(before, world, failed, _findings));
            if (_findings.Any) return;
            world.Replay.Schedule = Choices;
            scenario.Resume(world);
            Live(world, none, crashes);
        }
    }

    /// <summary>Every choice is the strategy's until something is done, a crash among them.</summary>
    /// <returns>What a crash has left; null when there was none.</returns>
    private SimulatedDatabase? Search(World world, Func<bool> isDone, int crashes)
    {
        _crash = crashes < scenario.CrashesMax ? new CrashChoice(Choices, world) : null;
        RunUntil(world, isDone);
        world.Replay.Schedule = new Replay.ReplayedSchedule([]);
        return _crash?.Left;
    }

    private void RunUntil(World world, Func<bool> isDone)
    {
        var replay = world.Replay;
        if (replay.RunUntil(() => IsOver(world, isDone), scenario.Patience)) return;
        var waits = Waits(world);
        var began = replay.Now;
        if (replay.RunUntil(() => IsOver(world, isDone), Long))
            _findings.Report(
                "I4", $"nothing could move for {(replay.Now - began).TotalSeconds:0.###} s of virtual time: a time-out woke it", waits);
        else _findings.Report(scenario.Stuck, $"nothing can move, and {waits[0]}", [.. waits.Skip(1)]);
    }

    private bool IsOver(World world, Func<bool> isDone)
    {
        if (strategy.IsAbandoned) IsAbandoned = true;
        if (Choices.Steps > TurnsMax)
            _findings.Report(Violations.Deadlock, $"no end after {TurnsMax:N0} turns, and {Waits(world)[0]}", [.. Waits(world).Skip(1)]);
        if (IsAbandoned || _findings.Any || _crash?.IsTaken() == true || isDone()) return true;
        PassTime(world);
        return false;
    }

    private void PassTime(World world)
    {
        if (_timers == scenario.TimersMax || !world.Replay.IsTimerDue(scenario.Patience)) return;
        if (Choices.Alternative("a timer goes off", 2, TimerOneIn) == 0) return;
        _timers++;
        world.Replay.PassTime();
    }

    private static List<string> Waits(World world) =>
    [
        .. world.Callers.Where(caller => !caller.IsDone).Select(caller => caller.WaitsFor is { } call
            ? $"{caller.Name} waits for the answer to {ModelText.Of(call)}" : $"{caller.Name} waits for something other than a call"),
        .. world.Replay.WaitReport().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()),
    ];

    private void Check(World world, string? failed) => Judged(() => CheckAsync(world, failed));

    private void Judged(Func<Task> judge)
    {
        try
        {
            judge().GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _findings.Report(Violations.Failure, $"what is left cannot be looked at: {e.GetType().Name}: {e.Message}");
        }
    }

    private async Task CheckAsync(World world, string? failed)
    {
        world.Replay.RunUntilIdle();
        // It may be between a recovery that has failed and the next one.
        if (scenario.Restarts) world.Replay.RunFor(scenario.Patience);
        await ReferenceCountChecker.CheckAsync(world.Context, _findings);
        await MappingChecker.CheckAsync(world.Context, world.Hardware.Memory, _findings);
        if (!_findings.Any && scenario.Restarts) await CrashJudge.RecoveredAsync(world, world, failed, _findings);
        else if (!_findings.Any && world.Model is not null) await JudgeAsync(world, failed);
        if (!_findings.Any) await scenario.CheckAsync(world);
        if (_findings.Any) return;
        var closed = await world.Context.CloseAsync();
        world.Replay.RunUntilIdle();
        LastCloseChecker.Check(closed, world.Hardware.Left, _findings);
    }

    private async Task JudgeAsync(World world, string? failed)
    {
        var history = new History([.. world.History], await CrashJudge.StateAsync(world));
        string? why = null;
        foreach (var before in world.Before)
            if ((why = histories.Judge(before, history, failed)) is null) return;
        _findings.Report(Violations.Order, why!.Split(Environment.NewLine)[0], [.. why.Split(Environment.NewLine).Skip(1)]);
    }
}
