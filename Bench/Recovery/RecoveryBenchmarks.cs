using System.Diagnostics;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Persistence.Serialization;

namespace Iommu.Bench.Recovery;

/// <summary>
/// Opening a context whose journal is long and has no snapshot, beside a bare ordered read of the same rows in the same run; and that
/// ten times the events take ten times as long in the same memory. IOMMU_EVENTS=10000000 goes on to ten million.
/// </summary>
internal static class RecoveryBenchmarks
{
    private const long Least = 100_000;
    private const int Rounds = 3;

    public static async Task Run()
    {
        Console.WriteLine("recovery of one context (SQLite file, no snapshot)");
        var most = long.TryParse(Environment.GetEnvironmentVariable("IOMMU_EVENTS"), out var asked) ? asked : 10 * Least;
        var fewer = 0.0;
        for (var events = Least; events <= most; events *= 10)
        {
            var each = await Measured(events);
            if (fewer > 0) Console.WriteLine($"  {"an event takes, beside a tenth of them",-46} {each / fewer,14:f2} x");
            fewer = each;
        }
    }

    /// <returns>Seconds that one event takes.</returns>
    private static async Task<double> Measured(long events)
    {
        using var history = new HistoryFile();
        // A first open makes the tables and notes the context.
        await Recover(history.Path);
        using (var system = ActorSystem.Create("rows")) history.Append(events, new EventSerializer((ExtendedActorSystem)system));
        List<double> bare = [], recovered = [], ratios = [];
        for (var round = 0; round < Rounds; round++)
        {
            var read = Seconds(() => history.Read());
            var clock = Stopwatch.StartNew();
            await Recover(history.Path);
            var recovery = clock.Elapsed.TotalSeconds;
            bare.Add(events / read);
            recovered.Add(events / recovery);
            ratios.Add(read / recovery);
        }
        Measure.Print($"{events:N0} events: bare ordered read", Measure.Median(bare), "events/s");
        Measure.Print($"{events:N0} events: recovery", Measure.Median(recovered), "events/s");
        Console.WriteLine($"  {"recovery / bare read",-46} {Measure.Median(ratios),14:f2} x (target: at least 0.5)");
        Console.WriteLine($"  {"memory in use afterwards",-46} {GC.GetTotalMemory(true) / (1 << 20),14:N0} MiB");
        Console.WriteLine($"  {"most memory of the process until now",-46} {Process.GetCurrentProcess().PeakWorkingSet64 >> 20,14:N0} MiB");
        return 1 / Measure.Median(recovered);
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task Recover(string path)
    {
        var system = QuietSystem.Create(SimulatorConfig.Sqlite(path));
        var machine = Smmuv3Machine.Create(new());
        await new IommuSimulator(system, machine.ToMachine()).OpenAsync(HistoryFile.Context, new UserProcess(machine.CreateProcess()));
        await system.Terminate();
    }
}
