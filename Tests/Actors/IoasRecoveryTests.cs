using Akka.Configuration;
using Iommu.Actors.Contexts;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Actors;

/// <summary>What an IOAS has is there again on a new simulator: shared pages, files, settings, accesses.</summary>
public class IoasRecoveryTests
{
    private const ulong Page = 4096;
    private const ulong Iova = MockHarness.Aperture;
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable;

    private readonly Config _journal = HoldingJournal.NewConfig();

    [Fact]
    public async Task Copies_share_their_pins_again()
    {
        ObjectId ioas, other, hwpt;
        ulong memory;
        await using (var iommu = await Open())
        {
            var device = await iommu.Id(new DeviceBind("iommufd_mock0"));
            (ioas, other, memory) = (await iommu.Ioas(), await iommu.Ioas(), iommu.Allocate(4));
            hwpt = await iommu.Hwpt(device, ioas);
            await iommu.Hwpt(device, other);
            await iommu.Map(ioas, memory, 4);
            await iommu.Value(new IoasCopy(other, ioas, Fixed, 2 * Page, Iova + Page, Iova));
            await iommu.Expect(Errno.None, new MockCheckRefs(memory, 4 * Page, 1));
        }

        await using var again = await Open(iommu => iommu.Allocate(4));
        await again.Expect(Errno.None, new MockCheckRefs(memory, 4 * Page, 1));
        await again.Expect(Errno.None, new MockCheckMap(hwpt, Iova, 4 * Page, memory));
        await Check(again);
        await again.Value(new IoasUnmap(ioas, 0, ulong.MaxValue));
        Assert.Equal(2, again.Memory.PinnedTotal);
        // Numbers that are in use are not given out again.
        await again.Map(ioas, again.Allocate());
        await again.Value(new IoasCopy(other, ioas, Fixed, Page, Iova, Iova + 8 * Page));
        await Check(again);
        await again.Value(new IoasUnmap(other, 0, ulong.MaxValue));
        Assert.Equal(1, again.Memory.PinnedTotal);
    }

    [Fact]
    public async Task Files_come_back_by_their_number()
    {
        ObjectId ioas, hwpt;
        await using (var iommu = await Open())
        {
            ioas = await iommu.Ioas();
            hwpt = await iommu.Hwpt(await iommu.Id(new DeviceBind("iommufd_mock0")), ioas);
            var descriptor = iommu.Process.Files.Install(NewFile(iommu, 77)).Value;
            await iommu.Value(new IoasMapFile(ioas, Fixed, descriptor, Page, 2 * Page, Iova));
        }
        var e = await Assert.ThrowsAsync<RestoreException>(() => Open(iommu => iommu.Process.Files.Install(NewFile(iommu, 78))));
        Assert.Contains("the area at 0x1000000 of ioas 1: its file, number 77, is not open", e.Message);

        await using var again = await Open(iommu => iommu.Process.Files.Install(NewFile(iommu, 77)));
        var file = (MemoryFile)again.Process.Files.FindNumber(77)!;
        var here = again.Memory.Map(file, 0, 4 * Page).Value;
        await again.Expect(Errno.None, new MockCheckMap(hwpt, Iova, 2 * Page, here + Page));
        Assert.Equal(2, file.PinnedTotal);
    }

    [Fact]
    public async Task A_file_without_memory_needs_not_be_there()
    {
        await using (var iommu = await Open())
        {
            var descriptor = iommu.Process.Files.Install(new PlainFile()).Value;
            await iommu.Value(new IoasMapFile(await iommu.Ioas(), Fixed, descriptor, Page, Page, Iova));
        }
        await using var again = await Open();
        await again.Expect(Errno.EINVAL, new HwptAlloc(await again.Id(new DeviceBind("iommufd_mock0")), new ObjectId(1)));
        await again.Value(new IoasUnmap(new ObjectId(1), Iova, Page));
    }

    [Fact]
    public async Task What_was_taken_away_stays_away_and_what_is_taken_away_meanwhile_too()
    {
        var descriptors = new List<int>();
        await using (var iommu = await Open())
        {
            var ioas = await iommu.Ioas();
            await iommu.Hwpt(await iommu.Id(new DeviceBind("iommufd_mock0")), ioas);
            foreach (var buffer in Buffers()) descriptors.Add(iommu.Process.Files.Install(buffer).Value);
            for (var i = 0UL; i < 3; i++) await iommu.Value(Map(ioas, i));
            await Revoke((DmaBuf)iommu.Process.Files.Find(descriptors[0])!);
        }

        await using (var again = await Open(iommu =>
        {
            foreach (var buffer in Buffers()) iommu.Process.Files.Install(buffer);
            Revoke((DmaBuf)iommu.Process.Files.FindNumber(11)!).Wait();
        }))
        {
            Assert.Equal([null, null, 0x4000_2000], Lookups(again));
            await Check(again);
        }

        await using var third = await Open(iommu =>
        {
            foreach (var buffer in Buffers()) iommu.Process.Files.Install(buffer);
        });
        Assert.Equal([null, null, 0x4000_2000], Lookups(third));
        await third.Expect(Errno.None, new IoasUnmap(new ObjectId(1), 0, ulong.MaxValue));
        await third.Value(Map(new ObjectId(1), 0));
        Assert.Equal([0x4000_0000, null, null], Lookups(third));

        IoasMapFile Map(ObjectId ioas, ulong i) => new(ioas, Fixed, descriptors[(int)i], 0, Page, Iova + i * Page);

        static ulong?[] Lookups(MockHarness iommu)
        {
            var domain = (IPagingDomain)iommu.Context.Table.Find(new ObjectId(3))!.Hardware!;
            return [domain.Lookup(Iova), domain.Lookup(Iova + Page), domain.Lookup(Iova + 2 * Page)];
        }
    }

    [Fact]
    public async Task Settings_cuts_and_accounts_come_back()
    {
        await using (var iommu = await Open())
        {
            await iommu.Value(new Option(OptionId.RlimitMode, OptionOp.Set, Value: 1));
            var ioas = await iommu.Ioas();
            await iommu.Value(new Option(OptionId.HugePages, OptionOp.Set, ioas));
            await iommu.Expect(Errno.None, new IoasAllowIovas(ioas, [new IovaRange(Iova, Iova + 0xfffff)]));
            await iommu.Expect(Errno.None, new IoasReserve(ioas, Iova + 0x10_0000, Page));
            await iommu.Map(ioas, iommu.Allocate(4), 4);
            await iommu.Hwpt(await iommu.Id(new DeviceBind("iommufd_mock0")), ioas);
            await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, ioas));
            await iommu.Expect(Errno.None, new VfioUnmapDma(Iova + Page, Page));
        }

        await using var again = await Open(iommu => iommu.Allocate(4), poor: true);
        var it = new ObjectId(1);
        Assert.Equal(1UL, await again.Value(new Option(OptionId.RlimitMode, OptionOp.Get)));
        Assert.Equal(0UL, await again.Value(new Option(OptionId.HugePages, OptionOp.Get, it)));
        Assert.Equal((0L, 3L), (again.Process.User.LockedPages, again.Process.Own.LockedPages));
        await again.Expect(Errno.EADDRINUSE, new IoasAllowIovas(it, [new IovaRange(Iova + 0x10_0000, Iova + 0x10_0001)]));
        Assert.Equal(Iova + Page, await again.Value(new IoasMap(it, IoasMapFlags.Readable, again.Allocate(), Page)));
        Assert.Equal(Page, await again.Value(new IoasUnmap(it, Iova, Page)));
        await Check(again);
    }

    [Fact]
    public async Task An_access_comes_back_where_it_was_without_what_it_had_pinned()
    {
        ObjectId access, reads;
        await using (var iommu = await Open())
        {
            var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
            (access, reads) = (await iommu.Id(new AccessCreate(true)), await iommu.Id(new AccessCreate(false)));
            await iommu.Expect(Errno.None, new AccessAttach(access, ioas));
            await iommu.Expect(Errno.None, new AccessReplace(access, other));
            await iommu.Expect(Errno.None, new AccessAttach(reads, ioas));
            await iommu.Expect(Errno.None, new AccessDetach(reads));
            await iommu.Map(other, iommu.Allocate(4), 4);
            await iommu.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        }

        await using var again = await Open(iommu => iommu.Allocate(4));
        await Check(again);
        Assert.Equal(0, again.Memory.PinnedTotal);
        await again.Expect(Errno.None, new Destroy(new ObjectId(1)));
        await again.Expect(Errno.EBUSY, new Destroy(new ObjectId(2)));
        await again.Expect(Errno.EINVAL, new AccessAttach(access, new ObjectId(2)));
        await again.Expect(Errno.ENOENT, new AccessRead(reads, Iova, 1));
        await again.Expect(Errno.EINVAL, new IoasMap(new ObjectId(2), Fixed, 0, 100, 0));
        await again.Expect(Errno.None, new AccessPin(access, Iova, Page, false));
        foreach (var id in new[] { access, reads }) await again.Expect(Errno.None, new AccessDestroy(id));
        await again.Expect(Errno.None, new IoasMap(new ObjectId(2), Fixed, again.Allocate(), 100, 0));
    }

    [Fact]
    public async Task A_map_that_does_not_fit_an_hwpt_is_refused_until_the_end_of_that_is_durable()
    {
        // It was accepted when the domain had gone: a crash brought both back, and the context could not be opened again (EADDRINUSE).
        await using (var iommu = await Open())
        {
            var ioas = await iommu.Ioas();
            var hwpt = await iommu.Hwpt(await iommu.Id(new DeviceBind("iommufd_mock0")), ioas);
            HoldingJournal.Hold(_journal, true);
            var destroy = iommu.Call(new Destroy(hwpt));
            while (await DomainsOf(iommu, ioas) > 0)
                Assert.False(destroy.IsCompleted);
            await iommu.Expect(Errno.EINVAL, new IoasMap(ioas, Fixed, iommu.Allocate(), 100, Iova));
            await iommu.Expect(Errno.EINVAL, new IoasMap(ioas, Fixed, iommu.Allocate(), Page, 0));
            Assert.False(destroy.IsCompleted);
        }

        HoldingJournal.Hold(_journal, false);
        await using var again = await Open();
        await again.Expect(Errno.EINVAL, new IoasMap(new ObjectId(1), Fixed, again.Allocate(), 100, Iova));
        await again.Expect(Errno.None, new Destroy(new ObjectId(3)));
        await again.Expect(Errno.None, new IoasMap(new ObjectId(1), Fixed, again.Allocate(), 100, Iova));
    }

    /// <summary>It opened before that was durable: after a crash right then the next one mapped what had been found taken away.</summary>
    [Fact]
    public async Task A_context_is_open_when_what_it_found_taken_away_is_durable()
    {
        await using (var iommu = await Open())
        {
            var ioas = await iommu.Ioas();
            var descriptor = iommu.Process.Files.Install(Buffers().First()).Value;
            await iommu.Value(new IoasMapFile(ioas, Fixed, descriptor, 0, Page, Iova));
        }

        await using var again = new MockHarness(_journal);
        var buffer = Buffers().First();
        again.Process.Files.Install(buffer);
        buffer.Revoke(true, () => { });
        var another = await again.Simulator.OpenAsync("another", again.Process);
        var write = HoldingJournal.Delay<PagesRevoked>(_journal);
        var opening = again.OpenAsync();
        await write.Reached;
        for (var i = 0; i < 100; i++) Assert.Equal(Errno.ENOENT, (await another.CallAsync(new Destroy(new ObjectId(1)))).Errno);
        Assert.False(opening.IsCompleted);
        write.LetGo();
        await opening;
    }

    private static IEnumerable<DmaBuf> Buffers() =>
        Enumerable.Range(0, 3).Select(i => new DmaBuf(10 + (ulong)i, 0x4000_0000 + (ulong)i * Page, Page));

    private static Task<int> DomainsOf(MockHarness iommu, ObjectId ioas) => Akka.Actor.Futures.Ask<int>(
        iommu.Context.Table.Find(ioas)!.Actor, new Iommu.Actors.Inspect(inspection =>
            ((Iommu.Actors.Core.Ioas.IoPagetable)inspection.State!).Domains.Count));

    private async Task<MockHarness> Open(Action<MockHarness>? prepare = null, bool poor = false)
    {
        var iommu = new MockHarness(_journal, poor ? ProcessCapabilities.None : ProcessCapabilities.All);
        try
        {
            iommu.Plug();
            prepare?.Invoke(iommu);
            return await iommu.OpenAsync();
        }
        catch
        {
            await iommu.DisposeAsync();
            throw;
        }
    }

    private static async Task Check(MockHarness iommu)
    {
        var findings = new Findings();
        await ReferenceCountChecker.CheckAsync(iommu.Context, findings);
        await MappingChecker.CheckAsync(iommu.Context, iommu.Memory, findings);
        Assert.Empty(findings.All);
    }

    private static MemoryFile NewFile(MockHarness iommu, ulong number) =>
        MemoryFile.Create(number, iommu.Hardware.Memory, iommu.Hardware.Frames, 4 * Page).Value!;

    private static Task Revoke(DmaBuf buffer)
    {
        var done = new TaskCompletionSource();
        buffer.Revoke(true, done.SetResult);
        return done.Task;
    }

    private sealed class PlainFile : IOpenFile
    {
        public void Closed()
        {
        }
    }
}
