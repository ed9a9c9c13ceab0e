using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress;

/// <summary>
/// A vCPU: it invalidates in arrays of up to 64 commands, by calls or by a queue of its own, with several in flight, and measures how
/// long each takes to be reported handled.
/// </summary>
internal sealed class VcpuActor : UntypedActor
{
    private readonly VcpuSettings _settings;
    private readonly Dictionary<ObjectId, CallsInFlight> _inFlight = [];
    private readonly ITimeProvider _clock;
    private long _left;
    private bool _polling;
    private bool _paused = true;
    private bool _pauseAsked;

    public VcpuActor(VcpuSettings settings)
    {
        (_settings, _left, _clock) = (settings, settings.Quota, Context.System.Scheduler);
        var targets = settings.Work.Targets.Distinct().ToList();
        foreach (var target in targets)
            _inFlight[target] = new CallsInFlight(
                targets.Count == 1 ? Self : Context.ActorOf(AnswerRelay.Props(target), $"answers-of-{target}"));
    }

    public static Props Props(VcpuSettings settings) => Akka.Actor.Props.Create(() => new VcpuActor(settings));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Answer answer:
                OnAnswer(_inFlight.Values.Single().Answered(), answer);
                break;
            case AnswerRelay.Relayed relayed:
                OnAnswer(_inFlight[relayed.Target].Answered(), relayed.Answer);
                break;
            case Poll:
                _polling = false;
                OnPoll();
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

    private void OnAnswer((int Lane, TimeSpan SentAt) call, Answer answer)
    {
        _settings.Counters.AddInvalidations((long)answer.Value);
        OnDone(call.Lane, answer, call.SentAt);
    }

    private void OnPoll()
    {
        while (_settings.Direct!.Poll() is { } issued)
        {
            _settings.Counters.AddDirectInvalidations(issued.Count);
            OnDone(issued.Lane, new Answer(Errno.None, (ulong)issued.Count), issued.SentAt);
        }
        if (!_settings.Direct.IsIdle) PollAgain();
    }

    private void OnDone(int lane, Answer answer, TimeSpan sentAt)
    {
        _settings.Counters.SyncTimes.Add((_clock.HighResMonotonicClock - sentAt).Ticks * 100);
        _settings.Counters.AddSync();
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
        if (_settings.Direct?.TryIssue(lane, call, _clock.HighResMonotonicClock) == true)
        {
            PollAgain();
            return;
        }
        _settings.Context.Send(call, _inFlight[call.Target].Sent(lane, _clock.HighResMonotonicClock));
    }

    /// <summary>
    /// Nobody tells a guest that its ring is drained. At full speed it looks again by way of the thread pool's shared queue, after those
    /// who do the work (<see cref="DmaActor"/>).
    /// </summary>
    private void PollAgain()
    {
        if (_polling) return;
        _polling = true;
        if (_settings.Stepwise) Self.Tell(Poll.Instance);
        else ThreadPool.UnsafeQueueUserWorkItem(static self => self.Tell(Poll.Instance, ActorRefs.NoSender), Self, preferLocal: false);
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
        if (_inFlight.Values.Any(calls => calls.Any) || _settings.Direct is { IsIdle: false }) return;
        if (_pauseAsked) Context.Parent.Tell(Paused.Instance);
        else if (_left <= 0) Context.Parent.Tell(QuotaReached.Instance);
        _pauseAsked = false;
    }

    private sealed class Poll : INoSerializationVerificationNeeded
    {
        public static readonly Poll Instance = new();
    }
}

/// <param name="Context">The guest's open iommufd.</param>
/// <param name="Work">What it invalidates.</param>
/// <param name="Quota">Invalidations after which it stops.</param>
/// <param name="Counters">Its own.</param>
/// <param name="Findings">Where it reports.</param>
internal sealed record VcpuSettings(
    IommufdContext Context, VcpuWork Work, long Quota, WorkerCounters Counters, Findings Findings)
{
    /// <summary>Its own queue; null when every call is trapped.</summary>
    public DirectQueue? Direct { get; init; }

    /// <summary>One step of the hardware a turn.</summary>
    public bool Stepwise { get; init; }
}
