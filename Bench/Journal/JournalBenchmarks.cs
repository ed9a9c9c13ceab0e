using Akka.Actor;

namespace Iommu.Bench.Journal;

/// <summary>The SQL journal on SQLite beside bare statements on the same table, in the same run.</summary>
internal static class JournalBenchmarks
{
    private const int AllBatch = 100;
    private const int Writers = 64;
    private const int History = 100_000;

    public static async Task Run()
    {
        Console.WriteLine("journal (SQLite file, WAL, synchronous=FULL)");
        using var bare = new BareSqlite();
        var commits = await Measure.Rate("bare: one row a transaction", 2_000, n => bare.Append(n, 1));
        var inserts = await Measure.Rate("bare: 100 rows a transaction", 100_000, n => bare.Append(n, 100));
        var reads = await Measure.Rate("bare: ordered read", History, bare.ReadInOrder);

        using var file = new DatabaseFile();
        using var system = ActorSystem.Create("bench", file.Configuration);
        Ratio(await Measure.Rate("Persist, one actor, one by one", 2_000, n => PersistOneByOne(system, n)), commits);
        Ratio(await Measure.Rate("PersistAsync, one actor", 100_000, n => PersistAsync(system, n)), inserts);
        Ratio(await Measure.Rate("PersistAll(100), one actor", 60_000, n => PersistAll(system, n)), inserts);
        Ratio(await Measure.Rate("Persist, 64 actors", 64_000, n => PersistFromMany(system, n)), inserts);
        await Write(Start(system, "history"), History, JournalActor.PersistOneAsync.Instance, History);
        Ratio(await Measure.Rate("recovery", History, n => Recover(system, n)), reads);
        await system.Terminate();
    }

    private static void Ratio(double rate, double light) => Console.WriteLine($"  {"",-46} {rate / light,14:P0} of bare");

    private static IActorRef Start(ActorSystem system, string persistenceId) =>
        system.ActorOf(Props.Create(() => new JournalActor(persistenceId)));

    private static Task PersistOneByOne(ActorSystem system, int events) =>
        Write(Start(system, "one-" + Guid.NewGuid()), events, JournalActor.PersistOne.Instance, events);

    private static Task PersistAsync(ActorSystem system, int events) =>
        Write(Start(system, "async-" + Guid.NewGuid()), events, JournalActor.PersistOneAsync.Instance, events);

    private static Task PersistAll(ActorSystem system, int events) =>
        Write(Start(system, "all-" + Guid.NewGuid()), events, new JournalActor.PersistMany(AllBatch), events / AllBatch);

    private static Task PersistFromMany(ActorSystem system, int events) => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ =>
        Write(Start(system, "many-" + Guid.NewGuid()), events / Writers, JournalActor.PersistOne.Instance, events / Writers)));

    private static async Task Write(IActorRef actor, int events, object command, int commands)
    {
        var finished = actor.Ask<JournalActor.Finished>(new JournalActor.Begin(events), Timeout.InfiniteTimeSpan);
        for (var i = 0; i < commands; i++) actor.Tell(command, ActorRefs.NoSender);
        await finished;
        await actor.GracefulStop(TimeSpan.FromSeconds(30));
    }

    /// <summary>The warm-up recovers the whole history too: how much is replayed is the actor's affair, not the caller's.</summary>
    private static async Task Recover(ActorSystem system, int events)
    {
        var actor = Start(system, "history");
        var recovered = await actor.Ask<long>(new JournalActor.CountRecovered(), Timeout.InfiniteTimeSpan);
        if (recovered < events) throw new InvalidOperationException($"recovered {recovered} events, expected {events}");
        await actor.GracefulStop(TimeSpan.FromSeconds(30));
    }
}
