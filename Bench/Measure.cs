using System.Diagnostics;

namespace Iommu.Bench;

/// <summary>Runs a measurement a few times and keeps the median; machines are shared.</summary>
internal static class Measure
{
    public const int Runs = 5;

    /// <summary>Prints and returns operations per second: the median of five runs after one that warms up.</summary>
    public static async Task<double> Rate(string what, int operations, Func<int, Task> run)
    {
        await run(operations / 4);
        var rates = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            GC.Collect();
            var clock = Stopwatch.StartNew();
            await run(operations);
            rates.Add(operations / clock.Elapsed.TotalSeconds);
        }
        var median = Median(rates);
        Print(what, median, "/s");
        return median;
    }

    public static void Print(string what, double value, string unit) => Console.WriteLine($"  {what,-46} {value,14:N0} {unit}");

    public static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
