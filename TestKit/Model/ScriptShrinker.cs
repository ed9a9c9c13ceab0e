using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Makes a script on which something fails short: leaves out what it can, half of it first and single calls in the end, as long as
/// it still fails (delta debugging).
/// </summary>
internal static class ScriptShrinker
{
    private const int RunsMax = 3000;

    /// <param name="script">The calls; references to one that is left out name nothing.</param>
    /// <param name="failsAt">The number of the call at which a list of calls fails; null when it does not.</param>
    /// <returns>Calls that fail, none of which can be left out, unless that took too many runs.</returns>
    public static async Task<IReadOnlyList<Call?>> ShrinkAsync(
        IReadOnlyList<Call> script, Func<IReadOnlyList<Call?>, Task<int?>> failsAt)
    {
        Call?[] kept = [.. script];
        var runs = 0;
        var last = await failsAt(kept) ?? throw new InvalidOperationException("the script does not fail");
        CutAfter(last);
        for (var size = Math.Max(1, kept.Length / 2); ; size = Math.Max(1, size / 2))
        {
            var shorter = false;
            for (var start = 0; start < kept.Length && runs < RunsMax; start += size)
            {
                var range = start..Math.Min(kept.Length, start + size);
                if (kept[range].All(call => call is null)) continue;
                Call?[] without = [.. kept];
                Array.Clear(without, start, range.End.Value - start);
                runs++;
                if (await failsAt(without) is not { } at) continue;
                kept = without;
                CutAfter(at);
                shorter = true;
            }
            if (runs >= RunsMax || (size == 1 && !shorter)) return kept;
        }

        void CutAfter(int at) => kept = kept[..(at + 1)];
    }
}
