using System.Text.Json;

namespace Iommu.TestKit.Crash;

/// <summary>Where a simulator is killed.</summary>
public enum CrashPoint
{
    /// <summary>From outside, at any moment: while calls are made, or while it recovers.</summary>
    Random,

    /// <summary>The journal has been given a batch, and has not begun to write it.</summary>
    BeforeCommit,

    /// <summary>The journal is writing a batch.</summary>
    InCommit,

    /// <summary>A batch is durable, and nobody has been told.</summary>
    AfterCommit,

    /// <summary>The call is over for the simulator, and the caller has not been told.</summary>
    BeforeReply,

    /// <summary>A step of a call has failed, and what the steps before it did is being undone.</summary>
    InAbort,

    /// <summary>An unmap is under way: before hardware has forgotten, or before that is journaled.</summary>
    InUnmap,

    /// <summary>A hardware queue has consumed some of the commands that it was given, and not all.</summary>
    HalfDrained,

    /// <summary>Events are being replayed.</summary>
    InRecovery,
}

/// <summary>The names that users type and JSON has: <c>before-commit</c>.</summary>
public static class CrashPoints
{
    public static IReadOnlyList<CrashPoint> All { get; } = Enum.GetValues<CrashPoint>();

    public static string Name(this CrashPoint point) => NameOf(point);

    /// <summary>The name of a point of either kind of crash.</summary>
    internal static string NameOf<TPoint>(TPoint point) where TPoint : struct, Enum =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(point.ToString());

    /// <summary>Null when there is no such point.</summary>
    public static CrashPoint? Find(string name) =>
        All.Where(point => point.Name() == name).Select(point => (CrashPoint?)point).FirstOrDefault();
}
