using Iommu.TestKit.Stress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iommu.Cli.Stress;

/// <summary>Shows a run while it goes on: a live line of figures on a terminal, a plain line a second elsewhere.</summary>
internal sealed class StressProgress(Terminal terminal, StressOptions options) : IProgress<Sample>
{
    private const double WindowSeconds = 1;
    private const int BarColumnsMax = 30;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<Sample> _window = new([new Sample(0, 0, 0, 0)]);
    private readonly bool _live = terminal.Console.Profile.Capabilities.Interactive && terminal.Console.Profile.Capabilities.Ansi;
    private Sample _latest = new(0, 0, 0, 0);
    private double _printedAt;

    public static async Task<StressResult> ShowAsync(
        Terminal terminal, StressOptions options, Func<IProgress<Sample>, Task<StressResult>> run)
    {
        var progress = new StressProgress(terminal, options);
        if (!progress._live) return await run(progress);

        var running = run(progress);
        await terminal.Console.Live(progress.Render()).AutoClear(true).StartAsync(async display =>
        {
            while (await Task.WhenAny(running, Task.Delay(Refresh)) != running) display.UpdateTarget(progress.Render());
        });
        return await running;
    }

    public void Report(Sample sample)
    {
        lock (_lock)
        {
            _latest = sample;
            _window.Enqueue(sample);
            while (_window.Count > 2 && sample.Seconds - _window.Peek().Seconds > WindowSeconds) _window.Dequeue();
            if (_live || sample.Seconds - _printedAt < WindowSeconds) return;
            _printedAt = sample.Seconds;
            terminal.Output.WriteLine(Line());
        }
    }

    private IRenderable Render()
    {
        lock (_lock)
        {
            var line = Line();
            var columns = Math.Clamp(terminal.Console.Profile.Width - line.Length - 1, 0, BarColumnsMax);
            var filled = (int)(columns * Math.Clamp(Done(), 0, 1));
            var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', columns - filled)}[/]";
            return new Markup($"{bar} {Markup.Escape(line)}");
        }
    }

    private double Done() => options.Operations is { } operations
        ? (double)_latest.Invalidations / operations : _latest.Seconds / options.Duration!.Value.TotalSeconds;

    private string Line()
    {
        var (from, to) = (_window.Peek(), _latest);
        var seconds = Math.Max(to.Seconds - from.Seconds, 0.001);
        return $"{to.Seconds,6:0.0} s  {(to.Invalidations - from.Invalidations) / seconds,12:N0} invalidations/s  "
            + $"{(to.Translations - from.Translations) / seconds,12:N0} translations/s  "
            + $"{(to.ControlOps - from.ControlOps) / seconds,9:N0} control ops/s";
    }
}
