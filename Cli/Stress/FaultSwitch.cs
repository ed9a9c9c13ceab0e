using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>The switch that plants a fault: <c>drop-invalidation[@N]</c> or <c>early-sync[@N]</c>.</summary>
internal static class FaultSwitch
{
    /// <summary>Late enough that the caches are warm, early enough for a short run.</summary>
    private const long StandardAt = 1000;

    public static Option<PlantedFault?> Create() => new("--fault")
    {
        HelpName = "KIND[@N]",
        Description = "Plant a fault at the N-th invalidation, to see it caught: drop-invalidation or early-sync "
            + $"(N is {StandardAt} when it is not given)",
        CustomParser = Parse,
    };

    /// <summary>The switch as one types it.</summary>
    public static string Text(PlantedFault fault) =>
        string.Create(CultureInfo.InvariantCulture, $"{Name(fault.Kind)}@{fault.AtInvalidation}");

    private static PlantedFault? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var parts = text.Split('@');
        var at = StandardAt;
        var kinds = Enum.GetValues<FaultKind>().Where(kind => Name(kind) == parts[0]).ToList();
        var numbered = parts.Length == 1
            || (parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out at) && at > 0);
        if (kinds.Count == 1 && numbered) return new PlantedFault(kinds[0], at);
        result.AddError($"--fault is '{text}'; it takes drop-invalidation or early-sync, and @N with N from 1 up.");
        return null;
    }

    private static string Name(FaultKind kind) => kind switch
    {
        FaultKind.DropInvalidation => "drop-invalidation",
        FaultKind.EarlySync => "early-sync",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such fault"),
    };
}
