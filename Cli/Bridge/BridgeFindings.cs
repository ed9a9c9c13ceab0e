using System.Collections.Concurrent;
using Iommu.Bridge;
using Iommu.Bridge.Server;

namespace Iommu.Cli.Bridge;

/// <summary>What went wrong in the simulator while programs ran: printed as it happens, and what the command ends with.</summary>
internal sealed class BridgeFindings(Terminal terminal)
{
    private const int LinesMax = 20;

    private readonly ConcurrentDictionary<string, bool> _printed = new();

    public bool Any => !_printed.IsEmpty;

    public void Add(Exception finding)
    {
        if (_printed.Count >= LinesMax || !_printed.TryAdd(finding.Message, true)) return;
        terminal.Error.WriteLine($"iommu: {finding.Message.ReplaceLineEndings(" ")}");
    }

    /// <summary>Every program has ended: nothing of them may be left.</summary>
    public void AddLeaks(BridgeCounts counts)
    {
        if (counts.LeakedObjects > 0) Add(new BridgeException($"{counts.LeakedObjects} objects were left when their files were closed"));
    }
}
