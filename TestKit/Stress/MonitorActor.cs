using Akka.Actor;

namespace Iommu.TestKit.Stress;

/// <summary>Samples the totals ten times a second, for the progress display and the report.</summary>
internal sealed class MonitorActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<WorkerCounters> _counters;
    private readonly IProgress<Sample>? _progress;
    private readonly ITimeProvider _clock;
    private readonly TimeSpan _started;
    private readonly List<Sample> _samples = [];

    public MonitorActor(IReadOnlyList<WorkerCounters> counters, IProgress<Sample>? progress)
    {
        (_counters, _progress, _clock) = (counters, progress, Context.System.Scheduler);
        _started = _clock.HighResMonotonicClock;
        Receive<Tick>(_ => Take());
        Receive<Finish>(_ =>
        {
            Timers.CancelAll();
            Take();
            Sender.Tell(new Samples([.. _samples]));
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IReadOnlyList<WorkerCounters> counters, IProgress<Sample>? progress) =>
        Akka.Actor.Props.Create(() => new MonitorActor(counters, progress));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, Interval);

    private void Take()
    {
        var sample = new Sample((_clock.HighResMonotonicClock - _started).TotalSeconds,
            _counters.Sum(worker => worker.Invalidations), _counters.Sum(worker => worker.Translations),
            _counters.Sum(worker => worker.ControlOps));
        _samples.Add(sample);
        _progress?.Report(sample);
    }

    /// <summary>The run is over: answer with <see cref="Samples"/>.</summary>
    internal sealed record Finish;

    internal sealed record Samples(IReadOnlyList<Sample> All);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }
}
