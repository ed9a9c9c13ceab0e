using System.Collections.Concurrent;
using Iommu.Bridge;
using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;

namespace Iommu.Tests.Bridge;

/// <summary>A machine whose devices real programs reach, in a folder of its own.</summary>
public sealed class BridgeHarness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iommu-bridge-");
    private readonly ConcurrentQueue<Exception> _findings = new();

    public BridgeHarness(ProcessCapabilities granted = ProcessCapabilities.None) =>
        Machine = BridgedMachine.Start(Path.Combine(_folder.FullName, "socket"), _findings.Enqueue, granted);

    public BridgedMachine Machine { get; }

    public string Socket => Machine.Socket;

    internal Task<Iommu.Bridge.Programs.BridgedProgram> StartAsync(params string[] scenario) =>
        ConformanceProgram.StartAsync(Socket, scenario);

    /// <summary>Runs a scenario, which must hold.</summary>
    public async Task HoldsAsync(params string[] scenario)
    {
        using var program = await StartAsync(scenario);
        try
        {
            await program.AssertHoldsAsync();
        }
        catch (Exception e) when (!_findings.IsEmpty)
        {
            // What the server has to say of it comes first.
            throw new AggregateException([.. _findings, e]);
        }
    }

    /// <summary>Every program has ended: nothing of them is left, and nothing went wrong.</summary>
    /// <param name="process">One that has called and lives on.</param>
    public async Task AssertNothingLeftAsync(int process = 0)
    {
        // Whoever connected before has been let in when this one has.
        using (var last = new RawClient(Socket)) await last.CallAsync(RawClient.Request(ShimOp.Status));
        try
        {
            await Machine.IdleAsync(process).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"after {Patience} there is left: {Machine.Counts}; {string.Join("; ", _findings)}");
        }
        Assert.Equal(new BridgeCounts(0, 0, 0, 0, 0, 0, 0), Machine.Counts with { Processes = 0 });
        Assert.Equal(0, Machine.Hardware.Frames.InUse);
        Assert.Empty(Machine.Hardware.Machine.Devices);
        AssertNothingWrong();
    }

    public void AssertNothingWrong() => Assert.Empty(_findings.Select(finding => finding.ToString()));

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
