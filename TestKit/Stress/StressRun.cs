using Akka.Actor;
using Akka.Configuration;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress;

/// <summary>Concurrent invalidations against DMA and control traffic on one machine, checked while they run.</summary>
public static class StressRun
{
    private const int WorkersMax = 64;

    // A processor is left to those who invalidate.
    private static readonly int BusMasters = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Which actor runtime this build has: <c>Akka</c> or <c>Replay</c>.</summary>
    public static string RuntimeName { get; } =
        typeof(ActorSystem).Assembly.GetName().Name!.Contains("Replay", StringComparison.Ordinal) ? "Replay" : "Akka";

    /// <summary>Runs to the end, or until the first violation, or until it is cancelled: that is an end with a summary too.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="progress">Told the totals ten times a second.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <param name="overlay">Configuration laid over the run's own, for instance of another scheduler.</param>
    /// <param name="drive">Moves a system that does not run by itself until the task has ended; null when it does.</param>
    /// <exception cref="StressException">An option, a capture or the journal is not usable, or a context failed.</exception>
    public static async Task<StressResult> RunAsync(
        StressOptions options, IProgress<Sample>? progress = null, CancellationToken cancellation = default, Config? overlay = null,
        Action<ActorSystem, Task>? drive = null)
    {
        Check(options);
        IActorRef? conductor = null;
        var findings = new Findings(() => conductor?.Tell(EndRun.Instance));
        var machine = BuildMachine(options, findings);
        var journal = new StressJournal(options.Journal);
        var system = ActorSystem.Create("stress", overlay is null ? journal.Config : overlay.WithFallback(journal.Config));
        try
        {
            var result = new TaskCompletionSource<StressResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            var plan = new StressPlan(options, machine, findings, journal.ContextPrefix, BusMasters, progress, result);
            conductor = system.ActorOf(StressActor.Props(plan), "stress");
            using var registration = cancellation.Register(() => conductor.Tell(EndRun.Instance));
            drive?.Invoke(system, result.Task);
            var ended = await result.Task;
            return ended with { JournalEventsTotal = journal.CountEvents() };
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static void Check(StressOptions options)
    {
        InRange("--guests", options.Guests, options.Captures.Count > 0 ? 0 : 1);
        InRange("--vcpus", options.Vcpus, 1);
        InRange("--devices", options.Devices, 1);
        if (options.PagesPerEdit is not (8 or 16 or 32 or 64))
            throw new StressException($"pages per edit must be 8, 16, 32 or 64, it is {options.PagesPerEdit}");
        CheckHardware(options);
        if (options.Duration is null && options.Operations is null) throw new StressException("a run needs an end: --seconds or --ops");
        if (options.Duration is { } duration && duration <= TimeSpan.Zero)
            throw new StressException($"--seconds must be more than 0, it is {duration.TotalSeconds}");
        if (options.Fault is { AtInvalidation: < 1 })
            throw new StressException($"a planted fault counts invalidations from 1, it is at {options.Fault.AtInvalidation}");
        if (options.Operations is <= 0) throw new StressException($"--ops must be more than 0, it is {options.Operations}");
    }

    private static void CheckHardware(StressOptions options)
    {
        var hardware = options.Hardware;
        if (options.Queues is QueueUse.Direct or QueueUse.Both && !hardware.HasQueues)
            throw new StressException($"--queues must be trapped: {hardware.Name} has no queues for guests");
        InRange("--devices", options.Devices, 1, Math.Min(hardware.DevicesMax, WorkersMax));
        if (options.Captures.Count > 0 && !hardware.RunsCaptures)
            throw new StressException($"--guest must be none: a capture is of an SMMUv3's guest, which {hardware.Name} cannot run");
        if (options.Fault is { } fault && !hardware.CanPlant(fault.Kind))
            throw new StressException($"--fault {fault.Name} cannot be planted in {hardware.Name}");
    }

    private static void InRange(string flag, int value, int min, int max = WorkersMax)
    {
        if (value < min || value > max) throw new StressException($"{flag} must be {min} to {max}, it is {value}");
    }

    private static StressMachine BuildMachine(StressOptions options, Findings findings)
    {
        try
        {
            return StressMachine.Build(options, findings);
        }
        catch (Exception e) when (e is CaptureException or OutOfMemoryException or IOException)
        {
            throw new StressException(e.Message, e);
        }
    }
}
