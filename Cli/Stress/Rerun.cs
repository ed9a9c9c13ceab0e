using System.Globalization;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>The one command that runs the same again.</summary>
internal static class Rerun
{
    public static string Line(StressOptions options)
    {
        var standard = new StressOptions();
        List<string> words = ["dotnet run --project Cli -- stress", FormattableString.Invariant($"--seed {options.Seed}")];
        if (options.Hardware != standard.Hardware) words.Add($"--hardware {Quote(HardwareSwitch.Text(options.Hardware))}");
        if (options.Queues is { } queues) words.Add($"--queues {QueueSwitch.Text(queues)}");
        Add("--guests", options.Guests, standard.Guests);
        Add("--vcpus", options.Vcpus, standard.Vcpus);
        Add("--devices", options.Devices, standard.Devices);
        if (options.Operations is { } operations) Add("--ops", operations, 0);
        else Add("--seconds", options.Duration!.Value.TotalSeconds, standard.Duration!.Value.TotalSeconds);
        if (options.Journal is null) words.Add("--journal none");
        else if (options.Journal != StressJournal.Standard) words.Add($"--journal {Quote(options.Journal)}");
        if (options.Captures.Count == 0 && options.Hardware.RunsCaptures) words.Add("--guest none");
        words.AddRange(options.Captures.Select(capture => $"--guest {Quote(capture)}"));
        if (options.Fault is { } fault) words.Add($"--fault {FaultSwitch.Text(fault)}");
        return string.Join(' ', words);

        void Add<T>(string option, T value, T standardValue) where T : IFormattable
        {
            if (!value.Equals(standardValue)) words.Add($"{option} {value.ToString(null, CultureInfo.InvariantCulture)}");
        }
    }

    private static string Quote(string path) => path.Contains(' ') ? $"'{path}'" : path;
}
