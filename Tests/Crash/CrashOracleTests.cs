using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Crash;

/// <summary>What a recovery brings back is held against the model, and faults that are planted for that are named.</summary>
public class CrashOracleTests
{
    private const int Seeds = 12;
    private const int Crashes = 4;
    private const ulong Iova = 1 << 24;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;

    private static readonly ObjectId Device = new(1);
    private static readonly ObjectId Ioas = new(2);
    private static readonly ObjectId Domain = new(3);

    [Fact]
    public async Task Random_calls_are_there_again_after_every_crash()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            await using var crash = await SimulatedCrash.StartAsync();
            var random = new Random(seed);
            var generator = new CallGenerator(random, CrashCalls.Weights);
            for (var crashes = 0; crashes < Crashes; crashes++)
            {
                // The journal takes so many writes: whatever call comes to the next one is cut off in its middle.
                crash.Store.WritesLeft = random.Next(40);
                while (await crash.TryCallAsync(generator.NextAfterCrashes(crash.Oracle.Model))) { }
                AssertNone(seed, crash, await crash.CrashAsync());
            }
        }
    }

    [Fact]
    public async Task An_answer_before_its_event_is_durable_is_a_lost_op()
    {
        await using var crash = await PreparedAsync();
        crash.Store.Drops = happened => happened is AreaMapped;
        await crash.CallAsync(new IoasMap(Ioas, Fixed, crash.Machine.Memory[0].Start, 0x1000, Iova));

        Assert.Equal(CrashFault.LostOp, Assert.Single(await crash.CrashAsync(), finding => finding.What.Contains("0x1000000")).Fault);
    }

    [Theory]
    [InlineData(CrashFault.PhantomObject, typeof(ObjectDestroyed))]
    [InlineData(CrashFault.PhantomObject, typeof(AreasUnmapped))]
    [InlineData(CrashFault.GraphMismatch, typeof(DeviceDetached))]
    [InlineData(CrashFault.GraphMismatch, typeof(VdeviceTombstoned))]
    public async Task An_event_that_is_missing_from_an_end_or_an_abort_is_named(CrashFault fault, Type missing)
    {
        await using var crash = await PreparedAsync();
        await crash.CallAsync(new IoasMap(Ioas, Fixed, crash.Machine.Memory[0].Start, 0x1000, Iova));
        await crash.CallAsync(new IoasAlloc());
        await crash.CallAsync(new HwptAlloc(Device, Ioas, HwptAllocFlags.NestParent));
        await crash.CallAsync(new ViommuAlloc(Device, new(5), ViommuType.Selftest));
        await crash.CallAsync(new VdeviceAlloc(new(6), Device, 1));
        crash.Store.Drops = happened => happened.GetType() == missing;

        await crash.CallAsync(missing == typeof(ObjectDestroyed) ? new Destroy(new(4))
            : missing == typeof(AreasUnmapped) ? new IoasUnmap(Ioas, Iova, 0x1000)
            : missing == typeof(DeviceDetached) ? new DeviceDetach(Device) : new DeviceUnbind(Device));

        var findings = await crash.CrashAsync();
        Assert.Contains(findings, finding => finding.Fault == fault);
    }

    [Fact]
    public async Task A_snapshot_that_drops_an_edge_is_named()
    {
        await using var crash = await PreparedAsync();
        crash.Store.Saves = list => new EventList([.. list.Events.Where(happened => happened is not DeviceAttached)]);
        while (crash.Store.Snapshots == 0)
        {
            await crash.CallAsync(new IoasAlloc());
            await crash.CallAsync(new Destroy(new(4)));
        }

        var findings = await crash.CrashAsync();

        Assert.Contains(findings, finding => finding.Fault == CrashFault.GraphMismatch
            && finding.What.Contains("1 device", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_has_taken_effect_twice_is_named()
    {
        await using var crash = await SimulatedCrash.StartAsync();
        crash.Oracle.Announce(new IoasAlloc());
        Assert.Null(crash.Oracle.Acknowledge("ok 0x1"));
        var twice = new IommufdModel(crash.Machine, ModelState.Empty);
        twice.Step(new IoasAlloc());
        twice.Step(new IoasAlloc());

        Assert.Equal(CrashFault.DuplicateEffect, Assert.Single(crash.Oracle.Recovered("model", ModelText.Of(twice))).Fault);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_is_named()
    {
        await using var crash = await SimulatedCrash.StartAsync();
        crash.Oracle.Announce(new IoasAlloc());

        Assert.Equal(CrashFault.GraphMismatch, crash.Oracle.Acknowledge("ok 0x2")!.Fault);
    }

    /// <summary>Found by kills: the domain of an attach that was cut off stayed, and nobody was on it.</summary>
    [Fact]
    public async Task An_attach_that_is_cut_off_leaves_no_domain_of_its_own()
    {
        await using var crash = await SimulatedCrash.StartAsync();
        await crash.CallAsync(new DeviceBind("first-dev0"));
        await crash.CallAsync(new IoasAlloc());
        crash.Store.WritesLeft = 1;
        Assert.False(await crash.TryCallAsync(new DeviceAttach(Device, Ioas)));

        Assert.Empty(await crash.CrashAsync());

        await crash.CallAsync(new Destroy(Ioas));
    }

    [Fact]
    public async Task An_unmap_that_is_cut_off_has_done_it_or_not()
    {
        for (var writes = 0; writes < 2; writes++)
        {
            await using var crash = await PreparedAsync();
            await crash.CallAsync(new IoasMap(Ioas, Fixed, crash.Machine.Memory[0].Start, 0x1000, Iova));
            crash.Store.WritesLeft = writes;
            Assert.Equal(writes > 0, await crash.TryCallAsync(new IoasUnmap(Ioas, Iova, 0x1000)));
            Assert.Empty(await crash.CrashAsync());
        }
    }

    /// <summary>Found by kills: an unbind was cut off between two PASIDs, and the oracle took what was left for nobody's doing.</summary>
    [Fact]
    public async Task An_unbind_that_is_cut_off_has_detached_some_PASIDs_or_all()
    {
        for (var writes = 0; writes < 4; writes++)
        {
            await using var crash = await SimulatedCrash.StartAsync();
            await crash.CallAsync(new DeviceBind("iommufd_mock2"));
            await crash.CallAsync(new IoasAlloc());
            Assert.Equal(Domain, (await crash.CallAsync(new HwptAlloc(Device, Ioas, HwptAllocFlags.Pasid))).Id);
            foreach (var pasid in new[] { 1u, 2u })
                Assert.Equal(Errno.None, (await crash.CallAsync(new DeviceAttach(Device, Domain, pasid))).Errno);
            crash.Store.WritesLeft = writes;
            Assert.Equal(writes > 2, await crash.TryCallAsync(new DeviceUnbind(Device)));
            Assert.Empty(await crash.CrashAsync());
        }
    }

    /// <summary>A device that is attached to an IOAS: device 1, IOAS 2, the domain between them 3.</summary>
    private static async Task<SimulatedCrash> PreparedAsync()
    {
        var crash = await SimulatedCrash.StartAsync();
        await crash.CallAsync(new DeviceBind("iommufd_mock0"));
        await crash.CallAsync(new IoasAlloc());
        Assert.Equal(Domain, (await crash.CallAsync(new DeviceAttach(Device, Ioas))).Id);
        return crash;
    }

    private static void AssertNone(int seed, SimulatedCrash crash, IReadOnlyList<CrashFinding> findings) => Assert.True(findings.Count == 0,
        $"seed {seed}: {string.Join(Environment.NewLine, findings)}{Environment.NewLine}{crash.Oracle.Compared}");
}
