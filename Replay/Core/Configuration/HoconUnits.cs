using System.Globalization;

namespace Akka.Configuration;

/// <summary>Durations (<c>10s</c>, <c>infinite</c>) and sizes (<c>64KiB</c>) with the suffixes of HOCON.</summary>
internal static class HoconUnits
{
    private static readonly Dictionary<string, double> Ticks = Named(
        ("ns nano nanos nanosecond nanoseconds", 0.01),
        ("us micro micros microsecond microseconds", TimeSpan.TicksPerMicrosecond),
        ("ms milli millis millisecond milliseconds", TimeSpan.TicksPerMillisecond),
        ("s second seconds", TimeSpan.TicksPerSecond),
        ("m minute minutes", TimeSpan.TicksPerMinute),
        ("h hour hours", TimeSpan.TicksPerHour),
        ("d day days", TimeSpan.TicksPerDay));

    private static readonly Dictionary<string, long> Bytes = Named(
        ("b B byte bytes", 1L),
        ("K k Ki KiB kibibyte kibibytes", 1L << 10), ("kB kilobyte kilobytes", 1_000L),
        ("M m Mi MiB mebibyte mebibytes", 1L << 20), ("MB megabyte megabytes", 1_000_000L),
        ("G g Gi GiB gibibyte gibibytes", 1L << 30), ("GB gigabyte gigabytes", 1_000_000_000L),
        ("T t Ti TiB tebibyte tebibytes", 1L << 40), ("TB terabyte terabytes", 1_000_000_000_000L),
        ("P p Pi PiB pebibyte pebibytes", 1L << 50), ("PB petabyte petabytes", 1_000_000_000_000_000L),
        ("E e Ei EiB exbibyte exbibytes", 1L << 60), ("EB exabyte exabytes", 1_000_000_000_000_000_000L));

    /// <summary>Null if the text is no duration. A bare number counts milliseconds.</summary>
    public static TimeSpan? ParseDuration(string text, bool allowInfinite)
    {
        if (allowInfinite && text.Equals("infinite", StringComparison.OrdinalIgnoreCase)) return Timeout.InfiniteTimeSpan;
        var (number, unit) = SplitUnit(text);
        if (!double.TryParse(number, NumberStyles.Float, NumberFormatInfo.InvariantInfo, out var value) || value < 0) return null;
        var known = Ticks.TryGetValue(unit.Length == 0 ? "ms" : unit, out var ticks);
        return known ? TimeSpan.FromTicks((long)Math.Round(value * ticks)) : null;
    }

    /// <summary>Null if the text is no size. A bare number counts bytes.</summary>
    public static long? ParseBytes(string text)
    {
        var (number, unit) = SplitUnit(text);
        if (!long.TryParse(number, NumberStyles.AllowLeadingSign, NumberFormatInfo.InvariantInfo, out var value)) return null;
        return Bytes.TryGetValue(unit.Length == 0 ? "B" : unit, out var factor) ? checked(value * factor) : null;
    }

    private static (string Number, string Unit) SplitUnit(string text)
    {
        text = text.Trim();
        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1])) end--;
        return (text[..end].TrimEnd(), text[end..]);
    }

    private static Dictionary<string, T> Named<T>(params (string Names, T Value)[] units) =>
        units.SelectMany(u => u.Names.Split(' ').Select(n => (n, u.Value))).ToDictionary(StringComparer.Ordinal);
}
