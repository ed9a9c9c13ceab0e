using System.CommandLine;
using System.CommandLine.Parsing;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>The switch that says by which way vCPUs invalidate: <c>trapped</c>, <c>direct</c> or <c>both</c>.</summary>
internal static class QueueSwitch
{
    public static Option<QueueUse?> Create() => new("--queues")
    {
        HelpName = "trapped|direct|both",
        Description = "How vCPUs invalidate where guests can have queues of their own: by calls, by the queues, or by both in turn "
            + "(default: both)",
        CustomParser = Parse,
    };

    /// <summary>The switch as one types it.</summary>
    public static string Text(QueueUse use) => use.ToString().ToLowerInvariant();

    private static QueueUse? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        foreach (var use in Enum.GetValues<QueueUse>())
            if (Text(use) == text) return use;
        result.AddError($"--queues is '{text}'; it takes trapped, direct or both.");
        return null;
    }
}
