using Akka.Actor;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.UnderTest;

/// <summary>What is checked at the end of every test.</summary>
public sealed partial class MachineUnderTest
{
    /// <summary>
    /// The end: references against the graph (I1), lookups against it (I2), areas, domains and pins (I5), stale hits (I8), and what the
    /// simulator itself has found; then the last close, after which no pin, domain or vIOMMU may be left.
    /// </summary>
    /// <exception cref="ExpectationException">Something is broken or left over.</exception>
    public async ValueTask DisposeAsync()
    {
        if (_life is null) return;
        try
        {
            await CheckAsync();
            await CloseAsync();
            // What was published before this is told before it.
            await _watch.Ask<int>(new ProblemWatch.AwaitRestarts(0), LookPatience);
        }
        catch (Exception e)
        {
            Findings.Report("failure", $"what is left cannot be looked at: {e.GetType().Name}: {e.Message}");
        }
        await SwitchOffAsync();
        if (Broken is { Count: > 0 } broken) throw new ExpectationException(ExpectationException.Text(broken), broken);
    }

    /// <summary>What it has beside its objects, in words; null when there is nothing.</summary>
    internal string? Left => Driver.Live is { Count: > 0 } live ? string.Join(", ", live)
        : Memory.PinnedTotal is var pins and not 0 ? $"{pins} pins" : null;

    /// <summary>The files of queues are closed: a process ends before its last close.</summary>
    internal void CloseFiles()
    {
        foreach (var file in _files) file.File.Closed();
        _files.Clear();
    }

    private async Task CheckAsync()
    {
        await ReferenceCountChecker.CheckAsync(Context, Findings);
        await TableChecker.CheckAsync(Context, Findings);
        await MappingChecker.CheckAsync(Context, Memory, Findings);
    }

    private async Task CloseAsync()
    {
        CloseFiles();
        LastCloseChecker.Check(await Context.CloseAsync(), Left, Findings);
    }
}
