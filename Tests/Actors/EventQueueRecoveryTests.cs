using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors;

/// <summary>Queues come back without their files, which were the process's; an HWPT's reference on its fault queue comes back.</summary>
public sealed class EventQueueRecoveryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iommu-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_fault_queue_comes_back_with_the_HWPTs_that_name_it_and_without_a_file()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        ObjectId queue, paging, nested, viommu;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            queue = (await iommu.FaultQueue()).Id;
            viommu = await iommu.Guest();
            var device = await iommu.Bind("first-dev1");
            paging = await iommu.Id(EventCalls.WithFaults(device, await iommu.Ioas(), queue));
            nested = await iommu.Id(SimulatorHarness.NestedCall(device, viommu) with
            {
                Flags = HwptAllocFlags.FaultIdValid, FaultQueue = queue,
            });
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        var (findings, actor) = (new Findings(), again.Context.Table.Find(queue)!.Actor);
        await ReferenceCountChecker.CheckAsync(again.Context, findings);
        Assert.Empty(findings.All);
        Assert.Contains($"{queue}:3/1", await again.State());
        Assert.Equal((actor, actor), (again.Context.Table.Find(paging)!.FaultQueue, again.Context.Table.Find(nested)!.FaultQueue));
        await again.Expect(Errno.EBUSY, new Destroy(queue));
        foreach (var id in new[] { paging, nested, queue }) await again.Expect(Errno.None, new Destroy(id));
        await again.Expect(Errno.None, new Destroy(viommu));
    }

    [Fact]
    public async Task A_process_that_has_the_file_of_a_queue_still_opens_it_again_and_once()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        ObjectId faults, viommu, events;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            faults = (await iommu.FaultQueue()).Id;
            viommu = await iommu.Guest();
            events = (await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2))).Queue;
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        foreach (var queue in new[] { faults, events })
        {
            var file = await again.Context.ReopenEventFileAsync(queue);
            Assert.Equal(queue, file!.Queue);
            Assert.Null(await again.Context.ReopenEventFileAsync(queue));
            Assert.Equal(Errno.None, (await file.ReadAsync(400)).Errno);
            await again.Expect(Errno.EBUSY, new Destroy(queue));
            file.Closed();
            Assert.Equal(Errno.EBADF, (await file.ReadAsync(400)).Errno);
            await again.Expect(Errno.None, new Destroy(queue));
        }
        Assert.Null(await again.Context.ReopenEventFileAsync(viommu));
    }

    [Fact]
    public async Task Numbers_of_events_go_on_where_none_can_come_twice_behind_a_header_of_lost_ones_I7()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        var next = 0u;
        for (var life = 0; life < 3; life++)
        {
            await using var iommu = await new SimulatorHarness(config).OpenAsync();
            if (life == 0) await iommu.Open(new VeventqAlloc(await iommu.Guest(), VeventqType.ArmSmmuv3, 2));
            var (viommu, queue) = (new ObjectId(4), iommu.Context.Table.Find(new ObjectId(5))!.Actor);
            for (byte i = 0; i < 2; i++) Assert.Equal(Errno.None, await iommu.Report(viommu, VeventqType.ArmSmmuv3, i));
            var numbers = await queue.Ask<uint[]>(new Inspect(found => Numbers((VeventRing)found.State!)));
            Assert.Equal([next + (life == 0 ? 0u : 1), next + (life == 0 ? 1u : 2)], numbers);
            next += SequenceReserve.AtOnce;
        }

        static uint[] Numbers(VeventRing ring)
        {
            var numbers = new List<uint>();
            ring.Read(1000, (_, bytes) =>
            {
                if (bytes.Length == 8) numbers.Add(BitConverter.ToUInt32(bytes[4..]));
                return Errno.None;
            });
            return [.. numbers];
        }
    }

    /// <summary>A queue told its vIOMMU of itself in its own first turn: events that came before were answered EOPNOTSUPP.</summary>
    [Fact]
    public async Task An_event_that_comes_as_soon_as_the_context_is_back_finds_its_queue()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
            await iommu.Open(new VeventqAlloc(await iommu.Guest(), VeventqType.ArmSmmuv3, 2));
        for (var life = 0; life < 20; life++)
        {
            await using var again = await new SimulatorHarness(config).OpenAsync();
            Assert.Equal(Errno.None, await again.Report(new ObjectId(4), VeventqType.ArmSmmuv3, 1));
        }
    }

    [Fact]
    public async Task A_queue_that_never_had_an_event_begins_with_0_after_a_recovery()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
            await iommu.Open(new VeventqAlloc(await iommu.Guest(), VeventqType.ArmSmmuv3, 2));
        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal((0u, false), await again.Context.Table.Find(new ObjectId(5))!.Actor.Ask<(uint, bool)>(
            new Inspect(found => (((VeventRing)found.State!).NextSequence, ((VeventRing)found.State!).IsReadable))));
    }

    [Fact]
    public async Task An_event_queue_comes_back_on_its_vIOMMU_and_takes_events()
    {
        var config = SimulatorConfig.Sqlite(Path.Combine(_folder, "journal.db"));
        ObjectId queue, viommu;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            viommu = await iommu.Guest();
            queue = (await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2))).Id;
        }

        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(await again.ExpectedCounts(), (await again.State()).Split("counts ")[1].Split(';')[0]);
        await again.Expect(Errno.EEXIST, new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 2));
        Assert.Equal(Errno.None, await again.Report(viommu, VeventqType.ArmSmmuv3, 1));
        Assert.Equal(Errno.EOPNOTSUPP, await again.Report(viommu, VeventqType.Tegra241Cmdqv, 1));
        await again.Expect(Errno.EBUSY, new Destroy(viommu));
        await again.Expect(Errno.None, new Destroy(queue));
        await again.Expect(Errno.None, new Destroy(viommu));
    }
}
