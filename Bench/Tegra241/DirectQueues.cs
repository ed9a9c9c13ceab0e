using System.Diagnostics;
using Iommu.Bench.Calls;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Bench.Tegra241;

/// <summary>
/// What a guest saves by a queue of its own: the same invalidation of pages by a ring that hardware drains, and by trapped arrays of
/// one command, each with its synchronization, in turn; the median of each. And what the actor of a ring costs: its drain beside the
/// same hardware code in a plain loop.
/// </summary>
public static class DirectQueues
{
    private const int Rounds = 7;
    private const int RingLog2 = 10;
    private const int Batch = 512;
    private const int DrainedPerRound = 2_000_000;
    private const int UnmapsPerSample = 16;
    private const int SampledPages = 3_200;

    // Of one unmap: a network driver's buffer has one or two, a block driver's request many.
    private static readonly int[] Pages = [1, 2, 4, 16, 64];

    public static async Task Run()
    {
        await using var guest = await BenchGuest.Create(ViommuType.Tegra241Cmdqv);
        var (ring, loop) = await SetUp(guest);
        await Drains(ring, loop);
        foreach (var pages in Pages) await Savings(guest, ring, pages, SampledPages / pages);
        // The last: the guest's side of its ring does not know of what is produced past it.
        TwoAtOnce(loop.Owner!.Logical(0)!, loop);
    }

    /// <summary>The guest's queue 0, on; and a second one that nobody rings for, to be stepped in a loop.</summary>
    private static async Task<(VcmdqRing Ring, Vcmdq Loop)> SetUp(BenchGuest guest)
    {
        const ulong iova = 1UL << 32;
        const ulong ringBytes = 16UL << RingLog2;
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
        var user = guest.Memory.Allocate(2 * ringBytes, contiguous: true).Value;
        await guest.Id(new IoasMap(guest.Ioas, flags, user, 2 * ringBytes, iova));
        var page0 = (await guest.Context.CallAsync(new Mmap(guest.MmapOffset, RegisterMap.PageBytes))).Value;
        for (var i = 0u; i < 2; i++)
            await guest.Id(new HwQueueAlloc(guest.Viommu, HwQueueType.Tegra241Cmdqv, i, iova + i * ringBytes, ringBytes));
        var physical = guest.Memory.Translate(user)!.Value;
        var ring = new VcmdqRing("guest", guest.Machine.Memory, physical, RingLog2, page0, 0);
        ring.Enable();
        var loop = guest.Machine.Cmdqvs[0].Vcmdqs.Single(queue => queue.Owner is { } owner && owner.Logical(1) == queue);
        loop.Rung = null;
        new VcmdqRing("loop", guest.Machine.Memory, physical + ringBytes, RingLog2, page0, 1).Enable();
        return (ring, loop);
    }

    private static async Task Drains(VcmdqRing ring, Vcmdq loop)
    {
        var words = Unmap(Batch - 1);
        List<double> actors = [], plain = [], ratios = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var alone = PlainLoop(loop, words);
            var drained = await Drain(ring, words);
            // The first one warms up.
            if (round == 0) continue;
            plain.Add(alone);
            actors.Add(drained);
            ratios.Add(drained / alone);
        }
        Measure.Print("a ring drained by its actor", Measure.Median(actors), "commands/s");
        Measure.Print("the same hardware code in a plain loop", Measure.Median(plain), "commands/s");
        Console.WriteLine($"  {"actor / plain loop",-46} {Measure.Median(ratios),14:f2} x (target: at least 0.7)");
    }

    /// <summary>Two queues, each stepped by a thread of its own: what they share of the SMMU is what it costs. By CPU time.</summary>
    private static void TwoAtOnce(Vcmdq first, Vcmdq second)
    {
        var words = Unmap(Batch - 1);
        var rung = first.Rung;
        first.Rung = null;
        List<double> ratios = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var (alone, beside) = (CpuRate(first, words), 0.0);
            var thread = new Thread(() => beside = CpuRate(second, words));
            thread.Start();
            var together = CpuRate(first, words);
            thread.Join();
            if (round > 0) ratios.Add((together + beside) / alone);
        }
        first.Rung = rung;
        Console.WriteLine($"  {"two queues on two threads / one",-46} {Measure.Median(ratios),14:f2} x (target: at least 1.7)");
    }

    private static double CpuRate(Vcmdq queue, ulong[] words)
    {
        var clock = new CpuClock();
        for (var done = 0; done < DrainedPerRound; done += Batch) Plan.Run(new CommandBatch(queue, words));
        return DrainedPerRound / clock.CpuSeconds;
    }

    private static double PlainLoop(Vcmdq queue, ulong[] words)
    {
        var clock = Stopwatch.StartNew();
        for (var done = 0; done < DrainedPerRound; done += Batch) Plan.Run(new CommandBatch(queue, words));
        return DrainedPerRound / clock.Elapsed.TotalSeconds;
    }

    // The guest fills one half of the ring while the hardware drains the other.
    private static async Task<double> Drain(VcmdqRing ring, ulong[] words)
    {
        var clock = Stopwatch.StartNew();
        for (var done = 0; done < DrainedPerRound; done += Batch)
        {
            while (ring.Room < Batch)
                if (IsBusy(ring)) await Task.Yield();
            ring.Produce(words);
        }
        while (ring.Outstanding > 0)
            if (IsBusy(ring)) await Task.Yield();
        return DrainedPerRound / clock.Elapsed.TotalSeconds;
    }

    private static async Task Savings(BenchGuest guest, VcmdqRing ring, int pages, int samples)
    {
        var words = Unmap(pages);
        var calls = Enumerable.Range(0, pages).Select(page => ToCall(guest.Viommu, page)).ToArray();
        List<double> trapped = [], direct = [], saved = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var byCalls = await Trapped(guest, calls, samples);
            var byRing = await Direct(ring, words, samples);
            if (round == 0) continue;
            trapped.Add(byCalls);
            direct.Add(byRing);
            saved.Add(100 * (1 - byRing / byCalls));
        }
        var what = pages == 1 ? "one page" : $"{pages} pages";
        Measure.Print($"{what} invalidated by arrays of one command", 1e9 * Measure.Median(trapped), "ns");
        Measure.Print($"{what} invalidated by the guest's own queue", 1e9 * Measure.Median(direct), "ns");
        Console.WriteLine($"  {"saved",-46} {Measure.Median(saved),14:f0} % (published of the silicon: 70 to 90 %)");
    }

    private static async Task<double> Trapped(BenchGuest guest, HwptInvalidate[] calls, int samples)
    {
        var times = new List<double>(samples);
        for (var i = 0; i < samples; i++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var unmap = 0; unmap < UnmapsPerSample; unmap++)
                foreach (var call in calls)
                    if (await guest.Context.CallAsync(call) is var answer && answer is not { Errno: Errno.None, Value: 1 })
                        throw new InvalidOperationException($"{answer}");
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds / UnmapsPerSample);
        }
        return Measure.Median(times);
    }

    private static async Task<double> Direct(VcmdqRing ring, ulong[] words, int samples)
    {
        var times = new List<double>(samples);
        for (var i = 0; i < samples; i++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var unmap = 0; unmap < UnmapsPerSample; unmap++)
            {
                ring.Produce(words);
                while (ring.Outstanding > 0)
                    if (IsBusy(ring)) await Task.Yield();
            }
            times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds / UnmapsPerSample);
        }
        return Measure.Median(times);
    }

    // A vCPU that finds its ring not drained lets others work, on the same threads as one that waits for the answer to a call.
    private static bool IsBusy(VcmdqRing ring)
    {
        var step = ring.Step();
        if (step == QueueStep.Stopped) throw new InvalidOperationException($"the queue stopped for reason {ring.Error}");
        return step == QueueStep.Waiting;
    }

    private static ulong[] Unmap(int pages)
    {
        var commands = Enumerable.Range(0, pages).Select(Tlbi).Append(VcmdqRing.Sync);
        return [.. commands.SelectMany(command => new[] { command.Word0, command.Word1 })];
    }

    private static HwptInvalidate ToCall(ObjectId viommu, int page)
    {
        var array = new InvalidationArray(1);
        array.Add(Tlbi(page));
        return array.ToCall(viommu);
    }

    private static Command Tlbi(int page) => Command.NhVa(0, 5, (ulong)page << 12, leaf: true);
}
