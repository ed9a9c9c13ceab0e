namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// A close that was cut off has taken away some of what there was, in an order that is its own: what is left was there before, and can be
/// closed again.
/// </summary>
internal static class CutOffClose
{
    public static IEnumerable<CrashFinding> Compare(string before, string found)
    {
        var known = Objects(before).ToHashSet();
        return Objects(found).Where(name => !known.Contains(name))
            .Select(name => new CrashFinding(CrashFault.PhantomObject, $"'{name}' is there, and was not before the close"));
    }

    /// <summary>Their ids and types.</summary>
    private static IEnumerable<string> Objects(string state) => state.ReplaceLineEndings("\n").Split('\n')
        .Where(line => line.Length > 0 && char.IsDigit(line[0])).Select(line => string.Join(' ', line.Split(' ').Take(2)));
}
