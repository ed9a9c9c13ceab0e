using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress;

/// <summary>
/// A vCPU: it invalidates in arrays of up to 64 commands through the trapped path, with several calls in flight, and measures how
/// long each takes to be reported handled.
/// </summary>
internal sealed class VcpuActor : UntypedActor
{
    private readonly VcpuSettings _settings;
    private readonly Queue<(int Lane, TimeSpan SentAt)> _inFlight = new();
    private readonly ITimeProvider _clock;
    private long _left;
    private bool _paused = true;
    private bool _pauseAsked;

    public VcpuActor(VcpuSettings settings) => (_settings, _left, _clock) = (settings, settings.Quota, Context.System.Scheduler);

    public static Props Props(VcpuSettings settings) => Akka.Actor.Props.Create(() => new VcpuActor(settings));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Answer answer:
                OnAnswer(answer);
                break;
            case Work when _paused:
                _paused = false;
                for (var lane = 0; lane < VcpuWork.Lanes; lane++) Begin(lane);
                TellWhenIdle();
                break;
            case Pause:
                (_paused, _pauseAsked) = (true, true);
                TellWhenIdle();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Calls go the same way one after the other, and so do their answers.</summary>
    private void OnAnswer(Answer answer)
    {
        var (lane, sentAt) = _inFlight.Dequeue();
        var counters = _settings.Counters;
        counters.SyncTimes.Add((_clock.HighResMonotonicClock - sentAt).Ticks * 100);
        counters.AddSync();
        counters.AddInvalidations((long)answer.Value);
        _left -= (long)answer.Value;
        Check(lane, answer);
        if (_settings.Work.Continue(lane) is { } next) Send(lane, next);
        else Begin(lane);
        TellWhenIdle();
    }

    private void Begin(int lane)
    {
        if (!_paused && _left > 0) Send(lane, _settings.Work.Begin(lane));
    }

    private void Send(int lane, HwptInvalidate call)
    {
        _inFlight.Enqueue((lane, _clock.HighResMonotonicClock));
        _settings.Context.Send(call, Self);
    }

    private void Check(int lane, Answer answer)
    {
        if (answer.Errno != Errno.None) _settings.Counters.AddError(answer.Errno);
        var (errno, handled) = _settings.Work.Expected(lane);
        if (answer.Errno == errno && answer.Value == (ulong)handled) return;
        _settings.Findings.Report("I12",
            $"{Self.Path.Name}: an invalidation was answered {answer.Errno} after {answer.Value} entries, not {errno} after {handled}");
    }

    private void TellWhenIdle()
    {
        if (_inFlight.Count > 0) return;
        if (_pauseAsked) Context.Parent.Tell(Paused.Instance);
        else if (_left <= 0) Context.Parent.Tell(QuotaReached.Instance);
        _pauseAsked = false;
    }
}

/// <param name="Context">The guest's open iommufd.</param>
/// <param name="Work">What it invalidates.</param>
/// <param name="Quota">Invalidations after which it stops.</param>
/// <param name="Counters">Its own.</param>
/// <param name="Findings">Where it reports.</param>
internal sealed record VcpuSettings(
    IommufdContext Context, VcpuWork Work, long Quota, WorkerCounters Counters, Findings Findings);
