namespace Iommu.TestKit.Crash;

/// <summary>Names what differs between the states that a crash may leave and the one that was recovered.</summary>
internal static class StateDifference
{
    /// <param name="allowed">The states that there could be.</param>
    /// <param name="found">The one that there is.</param>
    /// <param name="twice">The call that has taken effect twice; null when none has.</param>
    public static IReadOnlyList<CrashFinding> Classify(IReadOnlyList<string> allowed, string found, string? twice)
    {
        if (twice is not null) return [new CrashFinding(CrashFault.DuplicateEffect, $"{twice} has taken effect twice")];
        // Against the state that is nearest: the others only add what cannot have been meant.
        var nearest = allowed.MinBy(state => LineDifference.Of(state, found).Count(line => line.Mark != ' '))!;
        var (expected, actual) = (Parts(nearest), Parts(found));
        var findings = new List<CrashFinding>();
        foreach (var (name, what) in expected)
        {
            if (!actual.TryGetValue(name, out var other)) findings.Add(new CrashFinding(CrashFault.LostOp, $"'{what}' is gone"));
            else if (other != what) findings.Add(new CrashFinding(CrashFault.GraphMismatch, $"'{what}' has become '{other}'"));
        }
        findings.AddRange(actual.Where(part => !expected.ContainsKey(part.Key))
            .Select(part => new CrashFinding(CrashFault.PhantomObject, $"'{part.Value}' is there, and nobody can have made it")));
        return findings;
    }

    /// <summary>By what names it: an object's id and type, an area's IOAS and first IOVA, and for all else the line's first word.</summary>
    private static Dictionary<string, string> Parts(string state)
    {
        var parts = new Dictionary<string, string>();
        var owner = "";
        foreach (var line in state.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Trim().Split(' ');
            var isPart = line.StartsWith(' ');
            if (!isPart) owner = words[0];
            var name = isPart ? $"{owner}/{(words[0] is "allowed" ? line : words[0].Split('-')[0])}"
                : char.IsDigit(words[0][0]) ? $"{words[0]} {words[1]}" : words[0];
            parts[name] = isPart ? $"{line.Trim()} (of {owner})" : line;
        }
        return parts;
    }
}
