using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Scheduler;

namespace Akka.Dispatch;

/// <summary>Actors on the .NET thread pool, in real time.</summary>
internal sealed class ParallelRuntime : Runtime
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimerWheel _timers;

    public ParallelRuntime(TimeSpan tick, Action<Exception> onTimerFailure) => _timers = new TimerWheel(tick, onTimerFailure);

    public override TimerService Timers => _timers;

    public override TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public override DateTime UtcNow => DateTime.UtcNow;

    public override void Enqueue(ActorCell cell) => ThreadPool.UnsafeQueueUserWorkItem(cell, preferLocal: true);

    public override void Enqueue(Action action) => ThreadPool.UnsafeQueueUserWorkItem(static a => a(), action, preferLocal: false);

    public override Guid NewGuid() => Guid.NewGuid();

    public override void Shutdown() => _timers.Dispose();
}
