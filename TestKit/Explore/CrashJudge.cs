using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore;

/// <summary>Whether what came back is what was acknowledged, with or without what was cut off (I13).</summary>
internal static class CrashJudge
{
    /// <param name="before">Where the calls were made.</param>
    /// <param name="after">What was recovered of it: the same, where only its context was brought back. It goes on from what it is.</param>
    /// <param name="failed">A step that was made to fail; null for none.</param>
    /// <param name="findings">Where to report.</param>
    public static async Task RecoveredAsync(World before, World after, string? failed, Findings findings)
    {
        var state = await StateAsync(after);
        var operations = before.History.Select(it => failed is null ? it : HistoryJudge.Refused(it, failed)).ToList();
        // Who is answered EIO when a context is brought back does not know what the call has come to.
        var unknown = before == after ? operations.Where(it => it.Answer.Errno == Errno.EIO).ToList() : [];
        var cutOff = before.Callers.Where(caller => caller.WaitsFor is not null).Select((caller, i) =>
            new Operation(i, caller.WaitsFor!, Answer.Success, caller.WaitsSince, long.MaxValue));
        var left = DurableHistory.Left(
            before.Before, [.. operations.Except(unknown)], [.. unknown.Select(it => it with { AnsweredAt = long.MaxValue }), .. cutOff]);
        after.Before = [.. left.Where(model => ModelText.Of(model) == state)];
        if (after.Before.Count > 0) return;
        List<string> history =
        [
            "after", .. operations.Select(it => it.ToString()),
            .. before.Callers.Where(it => it.WaitsFor is not null).Select(it => $"{it.Name} was cut off in {ModelText.Of(it.WaitsFor!)}"),
            "there was", .. state.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries),
        ];
        if (left.Count == 0)
        {
            findings.Report(Violations.Order, "no order of the calls before the crash has their answers", history);
            return;
        }
        foreach (var finding in StateDifference.Classify([.. left.Select(ModelText.Of)], state, null))
            findings.Report("I13", $"{finding.Fault}: {finding.What}", history);
    }

    /// <summary>What a context is, in the words of <see cref="ModelText"/>.</summary>
    public static async Task<string> StateAsync(World world) =>
        $"{await SimulatorState.DescribeAsync(world.Context)}pins {world.Hardware.Memory.PinnedTotal}";
}
