using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Tests.Actors;
using Iommu.Tests.Conformance.Persistence;
using Microsoft.Data.Sqlite;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>
/// A database that cannot be written any more in the middle of a run: every caller is told so at once, nothing is acknowledged that is not
/// durable, and when it can be written again, the next open goes on from what was acknowledged.
/// </summary>
public abstract class LostDatabaseSpec
{
    private const int CallsMax = 20_000;
    private const int Ioases = 3;

    /// <summary>As many opens as a pool may have connections that are dead.</summary>
    private const int OpensMax = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>A file with its write-ahead log, as a simulator makes it, and with the store's patience for locks.</summary>
    internal static Config JournalIn(SqliteStore store)
    {
        SimulatorConfig.Sqlite(new SqliteConnectionStringBuilder(store.ConnectionString).DataSource);
        return SimulatorConfig.WithSql("SQLite.MS", store.ConnectionString);
    }

    /// <param name="config">The journal.</param>
    /// <param name="lose">From now on it cannot be written.</param>
    /// <param name="mend">It can again; null when it always could.</param>
    /// <param name="reason">What the database says of it; null when that depends.</param>
    internal static async Task FailsAndResumes(Config config, Func<Task> lose, Func<Task>? mend, string? reason)
    {
        List<Attempts> attempts;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            attempts = await BeginAsync(iommu);
            var failed = JournalFailureTests.Ended(iommu);
            // What mends itself is over for a caller that had no call in flight: its next one waits for the context to be back.
            var isOver = mend is null ? failed : new TaskCompletionSource().Task;
            var callers = attempts.Select(attempt => Task.Run(() => attempt.GoOnUntilRefusedAsync(iommu, isOver))).ToList();
            await lose();
            await Task.WhenAll(callers).WaitAsync(Patience);
            var refusedOnes = mend is null ? attempts.Where(attempt => attempt.Refused.Count > 0).ToList() : attempts;
            Assert.NotEmpty(refusedOnes);
            Assert.All(refusedOnes, attempt => Assert.Equal(Errno.EIO, attempt.Refusal));
            if (mend is not null)
            {
                // Nobody is told that it works while it does not, and nobody waits.
                var refused = await Assert.ThrowsAsync<JournalException>(() => OpenAndWrite(iommu).WaitAsync(Patience));
                Assert.Contains(reason ?? "", refused.Message);
                await mend();
            }
            await ResumeAsync(iommu, attempts);
            Assert.Contains("has lost its journal", (await failed).Cause.Message);
            Assert.Contains(reason ?? "", (await failed).Cause.Message);
            await iommu.OpenAsync("new");
        }
        await using var again = await new SimulatorHarness(config).OpenAsync();
        await Compare(again, attempts);
    }

    private static async Task<List<Attempts>> BeginAsync(SimulatorHarness iommu)
    {
        var device = await iommu.Bind();
        var attempts = new List<Attempts>();
        for (var i = 0; i < Ioases; i++) attempts.Add(new Attempts(await iommu.Ioas()));
        await iommu.NestParent(device, attempts[0].Ioas);
        foreach (var attempt in attempts) await attempt.NextAsync(iommu, after: 0);
        return attempts;
    }

    /// <summary>What is recovered can be read; what is to be written cannot.</summary>
    private static async Task OpenAndWrite(SimulatorHarness iommu)
    {
        for (var i = 0; i < CallsMax; i++) await iommu.Simulator.OpenAsync($"another {i}", iommu.Process);
    }

    /// <summary>
    /// Makes a call, and opens the context again where its supervisor has not brought it back: as often as connections that are dead are
    /// in the way.
    /// </summary>
    private static async Task ResumeAsync(SimulatorHarness iommu, List<Attempts> attempts)
    {
        for (var tries = 1; !await attempts[0].NextAsync(iommu, after: CallsMax + tries).WaitAsync(Patience); tries++)
        {
            Assert.True(tries < OpensMax, "it does not go on");
            try
            {
                await iommu.OpenAsync().WaitAsync(Patience);
            }
            catch (Exception e) when (e is JournalException || e.Message.EndsWith("is open already", StringComparison.Ordinal))
            {
            }
        }
        await Compare(iommu, attempts);
    }

    private static async Task Compare(SimulatorHarness iommu, List<Attempts> attempts)
    {
        foreach (var attempt in attempts)
        {
            var found = (HashSet<ulong>)await iommu.Context.Table.Find(attempt.Ioas)!.Actor.Ask<object>(new Inspect(
                ioas => ((IoPagetable)ioas.State!).Areas.Select(area => area.Iova).ToHashSet()));
            // A call that was refused may be durable: its write was under way when another one failed. Nothing else may be.
            found.ExceptWith(attempt.Refused.Select(Attempts.Iova));
            Assert.Equal(attempt.Acknowledged.Select(Attempts.Iova).Order(), found.Order());
        }
    }

    /// <summary>What one caller has asked for: areas of an IOAS of its own, each at the place of its number.</summary>
    private sealed class Attempts(ObjectId ioas)
    {
        public ObjectId Ioas => ioas;

        public List<int> Acknowledged { get; } = [];

        public List<int> Refused { get; } = [];

        public Errno Refusal { get; private set; }

        public static ulong Iova(int number) => 0x1000 * (ulong)number;

        public async Task<bool> NextAsync(SimulatorHarness iommu, int after)
        {
            var number = after + 1;
            Refusal = (await iommu.Call(SimulatorHarness.Fixed(ioas, Iova(number)))).Errno;
            if (Refusal == Errno.None) Acknowledged.Add(number);
            else Refused.Add(number);
            return Refusal == Errno.None;
        }

        public async Task GoOnUntilRefusedAsync(SimulatorHarness iommu, Task isOver)
        {
            while (!isOver.IsCompleted && Acknowledged.Count < CallsMax && await NextAsync(iommu, Acknowledged.Count)) { }
        }
    }
}
