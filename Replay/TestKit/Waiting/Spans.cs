namespace Akka.TestKit.Internal;

/// <summary>Durations that may be infinite.</summary>
internal static class Spans
{
    public static TimeSpan Min(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan ? b : b == Timeout.InfiniteTimeSpan || a < b ? a : b;

    /// <exception cref="ArgumentException">The duration is negative or infinite.</exception>
    public static void RequirePositiveFinite(TimeSpan duration, string name)
    {
        if (duration >= TimeSpan.Zero) return;
        throw new ArgumentException($"The timespan must be greater than zero. Actual value: {duration}", name);
    }
}
