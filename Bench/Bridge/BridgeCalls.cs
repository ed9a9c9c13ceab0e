using System.Diagnostics;
using System.Globalization;
using Iommu.Bridge;
using Iommu.Bridge.Programs;

namespace Iommu.Bench.Bridge;

/// <summary>
/// What a real program's calls take through the bridge, beside a bare round trip over the same kind of socket in the same program.
/// </summary>
public static class BridgeCalls
{
    private const int Calls = 20_000;
    private const int EntriesPerArray = 64;

    public static async Task Run()
    {
        var folder = Directory.CreateTempSubdirectory("iommu-bench-");
        try
        {
            var program = Path.Combine(folder.FullName, "caller");
            await CompiledProgram.BuildAsync([Path.Combine(AppContext.BaseDirectory, "Bridge", "caller.c")], program);
            await using var machine = BridgedMachine.Start(Path.Combine(folder.FullName, "socket"), finding => throw finding);
            using var caller = BridgedProgram.Start(
                new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true }, machine.Socket);
            await MeasureAsync(caller.Process);
            caller.Process.StandardInput.Close();
            await caller.WaitAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(Process caller)
    {
        var bare = await MedianAsync("bare");
        Measure.Print("a bare round trip over a socket", bare * 1e9, "ns");
        var ioctl = await MedianAsync("ioctl");
        Measure.Print("an ioctl through the bridge", ioctl * 1e9, "ns");
        Console.WriteLine($"  {"its time beside the bare round trip's",-46} {ioctl / bare,14:N1}");
        var array = await MedianAsync("invalidate");
        Measure.Print("invalidations in arrays of 64", EntriesPerArray / array, "/s");

        async Task<double> MedianAsync(string what)
        {
            await SecondsAsync(what, Calls / 4);
            var seconds = new List<double>();
            for (var i = 0; i < Measure.Runs; i++) seconds.Add(await SecondsAsync(what, Calls) / Calls);
            return Measure.Median(seconds);
        }

        async Task<double> SecondsAsync(string what, int count)
        {
            await caller.StandardInput.WriteLineAsync($"{what} {count}");
            await caller.StandardInput.FlushAsync();
            return double.Parse((await caller.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        }
    }
}
