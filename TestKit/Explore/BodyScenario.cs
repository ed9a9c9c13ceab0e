using Iommu.TestKit.Checkers;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest;

namespace Iommu.TestKit.Explore;

/// <summary>
/// The body of a test on a <see cref="MachineUnderTest"/> as a scenario: what it does before <see cref="MachineUnderTest.TogetherAsync"/>
/// leads there, what it does behind that are its checks.
/// </summary>
/// <param name="hardware">The sort of IOMMU.</param>
/// <param name="body">The test.</param>
/// <param name="options">What the machine has; null for two devices and no faults.</param>
/// <param name="failuresMax">How many steps may fail in a schedule.</param>
internal sealed class BodyScenario(
    StressHardware hardware, Func<MachineUnderTest, Task> body, MachineOptions? options, int failuresMax) : Scenario
{
    private readonly MachineOptions _options = (options ?? new MachineOptions()) with { Patience = TimeSpan.Zero };
    private MachineUnderTest _machine = null!;
    private IReadOnlyList<Func<ICaller, Task>>? _callers;
    private TaskCompletionSource _through = null!;
    private Task _running = Task.CompletedTask;

    public override string Name => "test";

    public override string Summary => "the body of a test";

    public override int FailuresMax => failuresMax;

    public override WorldHardware Build(Decoration decoration, Findings findings)
    {
        (_through, _callers) = (new TaskCompletionSource(), null);
        _machine = new MachineUnderTest(hardware, _options, findings) { Search = Meet };
        return new HostWorldHardware(_machine);
    }

    public override async Task SetUpAsync(World world)
    {
        var hardwareOf = (HostWorldHardware)world.Hardware;
        _machine.SwitchedOn(new Life(hardwareOf.Host, hardwareOf.Process, world.System, world.Simulator) { Context = world.Context });
        Caller.Inline(() => _running = body(_machine));
        if (_running.IsCompleted) await _running;
        if (_callers is null)
            throw new ScenarioException("the body comes to no TogetherAsync whose order could be searched"
                + (_running.IsCompleted ? "" : ": it waits for something other than a call"));
    }

    public override void Start(World world)
    {
        for (var i = 0; i < _callers!.Count; i++)
        {
            var script = _callers[i];
            world.Caller($"caller-{i + 1}", caller => script(caller));
        }
    }

    public override async Task CheckAsync(World world)
    {
        Caller.Inline(_through.SetResult);
        if (!_running.IsCompleted)
        {
            world.Findings.Report(Violations.Deadlock, "all callers are through, and the body waits for something other than a call");
            return;
        }
        try
        {
            await _running;
        }
        catch (Exception e)
        {
            world.Findings.Report(Violations.Expectation, e is ExpectationException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
        await TableChecker.CheckAsync(world.Context, world.Findings);
        _machine.CloseFiles();
    }

    private Task Meet(IReadOnlyList<Func<ICaller, Task>> callers)
    {
        if (_callers is not null) throw new InvalidOperationException("a search has callers meet once: a body has one TogetherAsync");
        _callers = callers;
        return _through.Task;
    }
}
