using System.CommandLine;
using Iommu.Cli.CommandLine;
using Iommu.Cli.Graph;
using Iommu.Cli.Html;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Cli.Stress;

/// <summary><c>iommu stress</c>: concurrent invalidations against DMA and control traffic, checked while they run.</summary>
internal sealed class StressCommand
{
    private static readonly StressOptions Standard = new();

    private readonly Option<int> _guests = Numbers.Option(
        "--guests", "N", "Synthetic guests, each with a context, a nest parent, a vIOMMU and memory of its own", 0, 64, Standard.Guests);
    private readonly Option<int> _vcpus = Numbers.Option(
        "--vcpus", "N", "vCPUs a guest: each edits page tables and invalidates", 1, 64, Standard.Vcpus);
    private readonly Option<int> _devices = Numbers.Option(
        "--devices", "N", "Devices a guest: each translates all the while", 1, 64, Standard.Devices);
    private readonly Option<double?> _seconds = Numbers.Optional(
        "--seconds", "S", $"How long to run (default: {Standard.Duration!.Value.TotalSeconds})", 0.1, 7 * 86400.0);
    private readonly Option<long?> _operations = Numbers.Optional(
        "--ops", "N", "End after this many guest invalidations, in place of --seconds", 1, long.MaxValue);
    private readonly Option<int> _seed = Numbers.Option(
        "--seed", "N", "Every random choice of the workload comes from it", 0, int.MaxValue, Standard.Seed);
    private readonly Option<StressHardware> _hardware = HardwareSwitch.Create(Standard.Hardware);
    private readonly Option<QueueUse?> _queues = QueueSwitch.Create();
    private readonly Option<string?> _journal = new("--journal")
    {
        HelpName = "FILE|none",
        Description = $"The SQLite file of the journal; one that exists is added to (default: a fresh {StressJournal.Standard})",
    };
    private readonly Option<string[]> _captures = new("--guest")
    {
        HelpName = "CAPTURE|none",
        Description = "Prefix of a real guest's capture to run beside the synthetic ones; repeatable (default: that in Tests/Data)",
    };
    private readonly Option<string?> _json = new("--json") { HelpName = "FILE", Description = "Write the figures as JSON" };
    private readonly Option<string?> _report = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page with throughput, latencies, the object graph and what broke",
    };
    private readonly Option<PlantedFault?> _fault = FaultSwitch.Create();
    private readonly Terminal _terminal;
    private readonly Runner _run;

    private StressCommand(Terminal terminal, Runner run)
    {
        _terminal = terminal;
        _run = run;
    }

    /// <summary>What does a run: <see cref="StressRun.RunAsync"/>, or in tests what stands for it.</summary>
    internal delegate Task<StressResult> Runner(StressOptions options, IProgress<Sample>? progress, CancellationToken cancel);

    public static Command Create(Terminal terminal, Runner run)
    {
        var stress = new StressCommand(terminal, run);
        var command = new Command("stress", "Concurrent invalidations against DMA and control traffic, checked while they run")
        {
            stress._guests, stress._vcpus, stress._devices, stress._seconds, stress._operations, stress._seed, stress._hardware,
            stress._queues, stress._journal, stress._captures, stress._json, stress._report, stress._fault,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(stress._seconds) is not null && result.GetResult(stress._operations) is not null)
                result.AddError("--seconds and --ops both say when to end; give one of them.");
        });
        command.SetAction(stress.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (json, report) = (parsed.GetValue(_json), parsed.GetValue(_report));
        var options = Read(parsed);
        OutputFile.CheckDistinct(("--journal", options.Journal), ("--json", json), ("--report", report));
        OutputFile.Check("--json", json);
        OutputFile.Check("--report", report);
        var earlier = await StressJournal.PrepareAsync(parsed.GetValue(_journal));

        if (options.Captures.Count == 0 && parsed.GetResult(_captures) is null && options.Hardware.RunsCaptures)
            _terminal.Error.WriteLine("iommu: note: there is no capture in Tests/Data here or above: only synthetic guests run");
        StressBanner.Write(_terminal, options);
        var result = await StressProgress.ShowAsync(_terminal, options, progress => _run(options, progress, cancel));
        if (json is not null) File.WriteAllText(json, StressJson.Write(result));
        if (report is not null) File.WriteAllText(report, await ReportAsync(options, result, earlier));
        StressSummary.Write(_terminal, options, result, new StressFiles(options.Journal, json, report));
        return result.Held ? ExitCode.Held : ExitCode.Broken;
    }

    private static async Task<string> ReportAsync(StressOptions options, StressResult result, IReadOnlyList<string> earlier)
    {
        var rerun = Rerun.Line(options);
        if (options.Journal is null) return StressReport.Write(result, rerun, []);
        var contexts = (await JournalSource.ReadAsync(options.Journal)).Contexts;
        return StressReport.Write(result, rerun, [.. contexts.Where(context => !earlier.Contains(context.Name))]);
    }

    private StressOptions Read(ParseResult parsed)
    {
        var hardware = parsed.GetValue(_hardware)!;
        var captures = Captures(parsed.GetValue(_captures) ?? [], hardware);
        var guests = parsed.GetValue(_guests);
        if (guests == 0 && captures.Count == 0) throw new InputException("--guests 0 and no --guest: there is nobody to run");
        var operations = parsed.GetValue(_operations);
        TimeSpan? duration = parsed.GetValue(_seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : Standard.Duration;
        return new StressOptions
        {
            Guests = guests,
            Vcpus = parsed.GetValue(_vcpus),
            Devices = parsed.GetValue(_devices),
            Duration = operations is null ? duration : null,
            Operations = operations,
            Seed = parsed.GetValue(_seed),
            Hardware = hardware,
            Queues = parsed.GetValue(_queues),
            Journal = StressJournal.PathOf(parsed.GetValue(_journal)),
            Captures = captures,
            Fault = parsed.GetValue(_fault),
        };
    }

    private static IReadOnlyList<string> Captures(string[] given, StressHardware hardware)
    {
        if (given is ["none"]) return [];
        foreach (var prefix in given) Capture.Open(prefix);
        if (given.Length > 0) return given;
        return hardware.RunsCaptures && DefaultCapture.Find() is { } standard ? [standard] : [];
    }
}
