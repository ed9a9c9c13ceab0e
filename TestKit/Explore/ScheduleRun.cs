using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;
using Iommu.TestKit.Model;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Explore;

/// <summary>One schedule of a scenario, from a new world to the verdict.</summary>
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

    private readonly Findings _findings = new();

    /// <summary>What was chosen.</summary>
    public Choices Choices { get; } = new(strategy);

    /// <summary>What is broken; null when everything holds.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>Whether the strategy has left it before its end.</summary>
    public bool IsAbandoned { get; private set; }

    /// <exception cref="ScenarioException">What leads to it cannot be done.</exception>
    public void Run()
    {
        var failures = new ChosenFailures(Choices, scenario.FailuresMax);
        var world = new World(scenario.Build(mutant?.Decoration ?? Decoration.None, _findings), _findings, failures);
        world.OpenAsync().GetAwaiter().GetResult();
        var filter = mutant?.Attach(world);
        if (filter is not null || recorder is not null || strategy.WantsToldOf)
            world.Replay.Filter = new RunObserver(filter, strategy, recorder);
        if (recorder is not null) Choices.OnTurn = recorder.OnTurn;
        scenario.SetUpAsync(world).GetAwaiter().GetResult();
        world.Replay.RunUntilIdle();
        world.Replay.Schedule = Choices;
        failures.On = true;
        scenario.Start(world);
        foreach (var caller in world.Callers) caller.Join();
        RunCallers(world);
        failures.On = false;
        world.Replay.Schedule = new Replay.ReplayedSchedule([]);
        if (IsAbandoned) return;
        if (!_findings.Any) Check(world, failures.Hit);
        Violation = _findings.All.FirstOrDefault();
    }

    private void RunCallers(World world)
    {
        var replay = world.Replay;
        if (replay.RunUntil(() => IsOver(world), scenario.Patience)) return;
        var waits = Waits(world);
        var began = replay.Now;
        if (replay.RunUntil(() => IsOver(world), Long))
            _findings.Report(
                "I4", $"nothing could move for {(replay.Now - began).TotalSeconds:0.###} s of virtual time: a time-out woke it", waits);
        else _findings.Report(Violations.Deadlock, $"nothing can move, and {waits[0]}", [.. waits.Skip(1)]);
    }

    private bool IsOver(World world)
    {
        if (strategy.IsAbandoned) IsAbandoned = true;
        if (Choices.Steps > TurnsMax)
            _findings.Report(Violations.Deadlock, $"no end after {TurnsMax:N0} turns, and {Waits(world)[0]}", [.. Waits(world).Skip(1)]);
        return IsAbandoned || _findings.Any || world.Callers.All(caller => caller.IsDone);
    }

    private static List<string> Waits(World world) =>
    [
        .. world.Callers.Where(caller => !caller.IsDone).Select(caller => caller.WaitsFor is { } call
            ? $"{caller.Name} waits for the answer to {ModelText.Of(call)}" : $"{caller.Name} waits for something other than a call"),
        .. world.Replay.WaitReport().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()),
    ];

    private void Check(World world, string? failed)
    {
        try
        {
            CheckAsync(world, failed).GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _findings.Report(Violations.Failure, $"what is left cannot be looked at: {e.GetType().Name}: {e.Message}");
        }
    }

    private async Task CheckAsync(World world, string? failed)
    {
        world.Replay.RunUntilIdle();
        await ReferenceCountChecker.CheckAsync(world.Context, _findings);
        await MappingChecker.CheckAsync(world.Context, world.Hardware.Memory, _findings);
        if (!_findings.Any && world.Model is { } before)
        {
            var state = $"{await SimulatorState.DescribeAsync(world.Context)}pins {world.Hardware.Memory.PinnedTotal}";
            if (histories.Judge(before, new History([.. world.History], state), failed) is { } why)
                _findings.Report(Violations.Order, why.Split(Environment.NewLine)[0], [.. why.Split(Environment.NewLine).Skip(1)]);
        }
        if (!_findings.Any) await scenario.CheckAsync(world);
        if (_findings.Any) return;
        var closed = await world.Context.CloseAsync();
        world.Replay.RunUntilIdle();
        if (closed.Errno != Errno.None || closed.Value != 0)
            _findings.Report("I1", $"the last close is answered {closed}: {closed.Value} objects could not be destroyed");
        else if (world.Hardware.Left is { } left) _findings.Report("I1", $"the last close has left {left}");
    }
}
