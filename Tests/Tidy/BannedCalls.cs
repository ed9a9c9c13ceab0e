using System.Text.RegularExpressions;

namespace Iommu.Tests.Tidy;

/// <summary>Calls that would make a run depend on more than its seed (design.md, section 2), and waits in tests.</summary>
public static partial class BannedCalls
{
    private static readonly string[] Replayable = ["Messages", "Hardware", "Persistence", "Actors"];

    public static IEnumerable<Violation> In(SourceFile file)
    {
        if (Replayable.Any(file.IsIn))
        {
            return Find(file, WallClock(), "reads the wall clock: take the time as data or from the system's scheduler")
                .Concat(Find(file, Unseeded(), "is not seeded: take the randomness as data"))
                .Concat(Find(file, FreeRunning(), "leaves the actor system's scheduler"));
        }

        return file.IsIn("Tests") ? Find(file, Sleep(), "waits in a test: wait for what must happen instead") : [];
    }

    private static IEnumerable<Violation> Find(SourceFile file, Regex pattern, string why) =>
        file.Matches(pattern, file.Code, m => $"{m.Value} {why}");

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?(Now|Today)\b|\bStopwatch\b|\bEnvironment\.TickCount(64)?\b|\bTimeProvider\.System\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bnew Random\(\s*\)|\bRandom\s+\w+\s*=\s*new\(\s*\)|\bRandom\.Shared\b|\bRandomNumberGenerator\b"
        + @"|\bGuid\.(NewGuid|CreateVersion7)\b")]
    private static partial Regex Unseeded();

    [GeneratedRegex(@"\bThread\.Sleep\b|\bTask\.(Delay|Run|Factory)\b|\bnew (Threading\.)?Thread\(|\bThreadPool\."
        + @"|\bParallel\.(For|Invoke)\w*|\bThreading\.Timer\b|\bnew (PeriodicTimer|Timer)\(")]
    private static partial Regex FreeRunning();

    [GeneratedRegex(@"\bThread\.Sleep\b|\bTask\.Delay\b")]
    private static partial Regex Sleep();
}
