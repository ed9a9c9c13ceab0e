using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.Tests.Replay.Crash;

/// <summary>What a simulated crash is to find, it finds when it is planted.</summary>
public class PlantedJournalFaultTests
{
    private const int Interleavings = 100;

    private static readonly string[] Devices = [.. SimulatedLife.Machine(1, 0).Devices.Select(device => device.Name)];

    private static readonly CrashScenario Small = new("an allocation", [], [new IoasAlloc()]);

    private static readonly CrashScenario Attach = new("an attach that fails",
        [new DeviceBind(Devices[0]), new IoasAlloc()], [new DeviceAttach(new ObjectId(1), new ObjectId(2)), new IoasAlloc()]);

    /// <summary>More events than a snapshot is apart from the next, while the first device stays attached.</summary>
    private static readonly CrashScenario Long = new("a snapshot",
    [
        new DeviceBind(Devices[0]), new DeviceBind(Devices[2]), new IoasAlloc(), new HwptAlloc(new ObjectId(1), new ObjectId(3)),
        new HwptAlloc(new ObjectId(2), new ObjectId(3)), new DeviceAttach(new ObjectId(1), new ObjectId(4)),
        .. Enumerable.Range(0, 1020).Select(i => i % 2 == 0
            ? new DeviceAttach(new ObjectId(2), new ObjectId(5)) : (Call)new DeviceDetach(new ObjectId(2))),
    ], [new IoasAlloc()]);

    [Fact]
    public async Task An_answer_before_the_commit_is_found()
    {
        var found = new List<CrashFinding>();
        // The answer must overtake the commit: not in every interleaving.
        for (var seed = 1; seed <= Interleavings && found.Count == 0; seed++)
            found.AddRange((await new ExhaustiveCrash(Small, seed, new StoreFaults { ConfirmsEarly = true }).RunAsync()).Findings);
        Assert.Contains(found, finding => finding.Fault == CrashFault.LostOp);
    }

    [Fact]
    public async Task An_event_that_an_abort_does_not_journal_is_found()
    {
        var faults = new StoreFaults { Forgets = happened => happened is ObjectDestroyed };
        Assert.Empty((await new ExhaustiveCrash(Attach, 1).RunAsync()).Findings);
        var count = await new ExhaustiveCrash(Attach, 1, faults).RunAsync();
        Assert.Contains(count.Findings, finding => finding.Fault == CrashFault.PhantomObject);
    }

    [Fact]
    public async Task An_edge_that_a_snapshot_drops_is_found()
    {
        var faults = new StoreFaults
        {
            Spoils = state => new EventList([.. ((EventList)state).Events.Where(it => it is not DeviceAttached { Device.Value: 1 })]),
        };
        Assert.Empty((await new ExhaustiveCrash(Long, 1).RunAsync()).Findings);
        var count = await new ExhaustiveCrash(Long, 1, faults).RunAsync();
        Assert.Contains(count.Findings, finding => finding.Fault is CrashFault.GraphMismatch or CrashFault.LostOp);
    }
}
