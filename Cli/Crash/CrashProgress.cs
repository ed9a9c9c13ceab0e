using Iommu.TestKit.Crash;

namespace Iommu.Cli.Crash;

/// <summary>A line every few seconds while processes are killed, or simulators stopped.</summary>
/// <param name="terminal">Where to.</param>
/// <param name="what">What is counted.</param>
internal sealed class CrashProgress(Terminal terminal, string what = "kills") : IProgress<CrashSample>
{
    private const double SecondsBetween = 2;

    private readonly Lock _lock = new();
    private double _printedAt;

    public void Report(CrashSample sample)
    {
        lock (_lock)
        {
            if (sample.Seconds - _printedAt < SecondsBetween) return;
            _printedAt = sample.Seconds;
            terminal.Output.WriteLine($"{sample.Seconds,6:0.0} s  {sample.Runs,9:N0} {what}  "
                + $"{60 * sample.Runs / sample.Seconds,9:N0} a minute  {sample.AcknowledgedOps,10:N0} acknowledged  "
                + $"{sample.EventsReplayed,10:N0} events replayed");
        }
    }
}
