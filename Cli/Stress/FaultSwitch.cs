using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>The switch that plants a fault: the name of its kind, and <c>@N</c> for once at the N-th invalidation.</summary>
internal static class FaultSwitch
{
    /// <summary>
    /// One victim alone may go unnoticed: its page must be cached when its turn comes, and used again before
    /// it is invalidated again.
    /// </summary>
    private const long StandardEvery = 100;

    public static Option<PlantedFault?> Create() => new("--fault")
    {
        HelpName = "KIND[@N]",
        Description = $"Plant a fault, to see it caught or survived: {Names}; once at the N-th invalidation, or else at every "
            + $"{StandardEvery}th (repeat-tlbi: from the N-th on, and only in smmuv3 and tegra241)",
        CustomParser = Parse,
    };

    /// <summary>The switch as one types it.</summary>
    public static string Text(PlantedFault fault) =>
        fault.Every > 0 ? fault.Name : string.Create(CultureInfo.InvariantCulture, $"{fault.Name}@{fault.AtInvalidation}");

    private static PlantedFault? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var parts = text.Split('@');
        var at = StandardEvery;
        var kinds = Enum.GetValues<FaultKind>().Where(kind => PlantedFault.NameOf(kind) == parts[0]).ToList();
        var numbered = parts.Length == 1
            || (parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out at) && at > 0);
        if (kinds.Count == 1 && numbered) return new PlantedFault(kinds[0], at, parts.Length == 1 ? StandardEvery : 0);
        result.AddError($"--fault is '{text}'; it takes {Names}, and @N with N from 1 up.");
        return null;
    }

    private static string Names => string.Join(", ", Enum.GetValues<FaultKind>().SkipLast(1).Select(PlantedFault.NameOf))
        + $" or {PlantedFault.NameOf(Enum.GetValues<FaultKind>()[^1])}";
}
