using System.Diagnostics;
using Iommu.Actors;
using Iommu.Bench.Journal;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bench.Recovery;

/// <summary>
/// Control calls of 64 clients, none answered before its event is durable, beside bare inserts of the same rows in the same batches: after
/// each round of calls, what it has written is read and put into another file of the same tables, a transaction for each that there was.
/// </summary>
internal static class JournaledCalls
{
    private const int Clients = 64;
    private const int CallsEach = 500;
    private const int Rounds = 5;
    private const ulong PageBytes = 4096;

    public static async Task Run()
    {
        Console.WriteLine($"journaled control calls, {Clients} clients (SQLite file, WAL, synchronous=FULL)");
        await Compare("IOAS_ALLOC, then DESTROY", static async (context, _, _) =>
        {
            var id = (await context.CallAsync(new IoasAlloc())).Id;
            Require(await context.CallAsync(new Destroy(id)));
        });
        await Compare("IOAS_MAP, then IOAS_UNMAP", static async (context, client, state) =>
        {
            var iova = (ulong)(client + 1) << 20;
            const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable;
            Require(await context.CallAsync(new IoasMap(state.Ioas, flags, state.User, PageBytes, iova)));
            Require(await context.CallAsync(new IoasUnmap(state.Ioas, iova, PageBytes)));
        });
    }

    private static async Task Compare(string what, Func<IommufdContext, int, (ObjectId Ioas, ulong User), Task> pair)
    {
        using var file = new DatabaseFile();
        var system = QuietSystem.Create(SimulatorConfig.Sqlite(file.Path));
        var machine = Smmuv3Machine.Create(new());
        var memory = machine.CreateProcess();
        var context = await new IommuSimulator(system, machine.ToMachine()).OpenAsync("bench", new UserProcess(memory));
        var state = ((await context.CallAsync(new IoasAlloc())).Id, memory.Allocate(PageBytes).Value);
        using var bare = new BareSqlite();
        using var written = file.Open();
        var (_, ordering) = BareRow.ReadAfter(0, written);
        List<double> calls = [], inserts = [], ratios = [], sizes = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var journaled = await Rate(() => Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
            {
                await Task.Yield();
                for (var i = 0; i < CallsEach; i++) await pair(context, client, state);
            })));
            (var batches, ordering) = BareRow.ReadAfter(ordering, written);
            if (batches.Sum(batch => batch.Count) != Clients * CallsEach * 2)
                throw new InvalidOperationException("the journal has not a row for each call");
            var light = await Rate(() =>
            {
                bare.Append(batches);
                return Task.CompletedTask;
            });
            // The first one warms up.
            if (round == 0) continue;
            sizes.Add(batches.Average(batch => batch.Count));
            inserts.Add(light);
            calls.Add(journaled);
            ratios.Add(journaled / light);
        }
        await system.Terminate();
        Measure.Print($"{what}: bare inserts", Measure.Median(inserts), "rows/s");
        Measure.Print($"{what}", Measure.Median(calls), "calls/s");
        Measure.Print("rows in a transaction", Measure.Median(sizes), "");
        Console.WriteLine($"  {"calls / bare inserts",-46} {Measure.Median(ratios),14:f2} x (target: at least 0.5)");
    }

    private static async Task<double> Rate(Func<Task> run)
    {
        var clock = Stopwatch.StartNew();
        await run();
        return Clients * CallsEach * 2 / clock.Elapsed.TotalSeconds;
    }

    private static void Require(Answer answer)
    {
        if (answer.Errno != Errno.None) throw new InvalidOperationException($"a call of the benchmark failed: {answer.Errno}");
    }
}
