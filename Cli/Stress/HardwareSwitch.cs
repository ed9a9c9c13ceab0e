using System.CommandLine;
using System.CommandLine.Parsing;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Cli.Stress;

/// <summary>The switch that says which IOMMU: one of the product's by its name, or the user's own by the path of its assembly.</summary>
internal static class HardwareSwitch
{
    private static string Names => string.Join(", ", StressHardware.All.Select(hardware => hardware.Name));

    public static Option<StressHardware> Create(StressHardware standard) => new("--hardware")
    {
        HelpName = "NAME|FILE.dll",
        Description = $"The IOMMU: {Names}, or an assembly with a StressHardware of your own (docs/writing-a-driver.md)",
        DefaultValueFactory = _ => standard,
        CustomParser = Parse,
    };

    /// <summary>The switch as one types it.</summary>
    public static string Text(StressHardware hardware) =>
        StressHardware.All.Contains(hardware) ? hardware.Name : hardware.GetType().Assembly.Location;

    private static StressHardware? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (StressHardware.Find(text) is { } known) return known;
        try
        {
            if (text.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)) return HardwareFile.Load(text);
            result.AddError($"--hardware is '{text}'; it takes {Names}, or the path of an assembly (.dll).");
        }
        catch (InputException e)
        {
            result.AddError($"--hardware {text}: {e.Message}.");
        }
        return null;
    }
}
