using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress;

/// <summary>
/// Conducts a run: sets the guests up, lets the workers work, stops them once a second for the checks that need a quiet point, and
/// ends by time, by operations, at the first finding, or when told to.
/// </summary>
internal sealed partial class StressActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan QuietPointInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan QuietPatience = TimeSpan.FromSeconds(60);

    private readonly StressPlan _plan;
    private readonly ITimeProvider _clock;
    private readonly HashSet<IActorRef> _busy = [];
    private readonly HashSet<IActorRef> _withQuota = [];
    private bool _pausing;
    private bool _ending;
    private TimeSpan _started;
    private TimeSpan _ended;

    public StressActor(StressPlan plan)
    {
        (_plan, _clock) = (plan, Context.System.Scheduler);
        ReceiveAsync<Begin>(_ => OrFail(SetUp));
        ReceiveAsync<Quiet>(_ => OrFail(OnQuiet));
        Receive<Paused>(_ => OnPaused());
        Receive<QuotaReached>(_ => OnQuotaReached());
        Receive<QuietPointDue>(_ => PauseAll());
        Receive<EndRun>(_ => End());
        Receive<TooLong>(_ => OnTooLong());
        Receive<InvariantViolation>(found => _plan.Findings.Report(found.Invariant, found.Message));
        Receive<ContextFailed>(failed => Fail(new StressException($"context {failed.Name} failed: {failed.Cause.Message}", failed.Cause)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(StressPlan plan) => Akka.Actor.Props.Create(() => new StressActor(plan));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(InvariantViolation));
        Context.System.EventStream.Subscribe(Self, typeof(ContextFailed));
        Self.Tell(Begin.Instance);
    }

    /// <summary>A worker that throws has met a bug: the run fails with it.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        Fail(cause);
        return Directive.Stop;
    });

    private async Task OrFail(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Fail(Exception cause) => _plan.Result.TrySetException(cause);

    private void StartWork()
    {
        _started = _clock.HighResMonotonicClock;
        _monitor = Context.ActorOf(MonitorActor.Props(_counters, _plan.Progress), "monitor");
        if (_plan.Options.Duration is { } duration)
        {
            Timers.StartSingleTimer("end", EndRun.Instance, duration);
            Timers.StartPeriodicTimer("quiet point", QuietPointDue.Instance, QuietPointInterval);
        }
        Resume();
        if (_plan.Findings.Any) End();
    }

    private void Resume()
    {
        foreach (var worker in _workers) worker.Tell(Work.Instance);
        // Step by step all devices have transactions in flight; at full speed as many as there are processors for.
        var masters = StressPlan.IsStepwise(Context.System) ? _devices.Count : Math.Min(_plan.BusMasters, _devices.Count);
        for (var i = 0; i < masters; i++) _devices[i * _devices.Count / masters].Tell(BusTurn.Instance);
    }

    private void PauseAll()
    {
        if (_pausing) return;
        _pausing = true;
        _busy.UnionWith(_workers);
        Timers.StartSingleTimer("too long", TooLong.Instance, QuietPatience);
        foreach (var worker in _workers) worker.Tell(Pause.Instance);
    }

    private void OnPaused()
    {
        if (!_busy.Remove(Sender) || _busy.Count > 0) return;
        Timers.Cancel("too long");
        Self.Tell(Quiet.Instance);
    }

    private void OnQuotaReached()
    {
        if (_withQuota.Remove(Sender) && _withQuota.Count == 0) End();
    }

    private void End()
    {
        if (_ending || _workers.Count == 0) return;
        _ending = true;
        _ended = _clock.HighResMonotonicClock;
        PauseAll();
    }

    private async Task OnQuiet()
    {
        await CheckQuietPoint();
        if (_ending)
        {
            await Finish();
            return;
        }
        _pausing = false;
        Resume();
    }

    private void OnTooLong()
    {
        var waiting = string.Join(", ", _busy.Select(worker => worker.Path.Name).Order());
        _plan.Findings.Report("I4", $"calls of {waiting} were not answered within {QuietPatience.TotalSeconds:0} s");
        _plan.Result.TrySetResult(Summarize([], leaked: 0));
    }

    private sealed record Begin
    {
        public static readonly Begin Instance = new();
    }

    private sealed record Quiet
    {
        public static readonly Quiet Instance = new();
    }

    private sealed record QuietPointDue
    {
        public static readonly QuietPointDue Instance = new();
    }

    private sealed record TooLong
    {
        public static readonly TooLong Instance = new();
    }
}

/// <summary>To the conductor: end the run now, with everything that an end has.</summary>
internal sealed record EndRun
{
    public static readonly EndRun Instance = new();
}

/// <param name="Options">As asked for.</param>
/// <param name="Machine">Built for them.</param>
/// <param name="Findings">Of all checkers.</param>
/// <param name="ContextPrefix">What the names of the contexts begin with, so that a journal that is there already is added to.</param>
/// <param name="BusMasters">How many devices do DMA at the same time.</param>
/// <param name="Progress">Told ten times a second.</param>
/// <param name="Result">Set once, at the end.</param>
internal sealed record StressPlan(
    StressOptions Options, StressMachine Machine, Findings Findings, string ContextPrefix, int BusMasters,
    IProgress<Sample>? Progress, TaskCompletionSource<StressResult> Result)
{
    /// <summary>With one step of the hardware a turn, devices take theirs likewise.</summary>
    public static bool IsStepwise(ActorSystem system) => system.Settings.Config.GetInt("iommu.hardware.steps-per-turn", 0) > 0;
}
