using Akka.Actor;
using Akka.Configuration;

namespace Iommu.Bench.Actors;

/// <summary>What the actor runtime itself can do: the speed of light of every control call.</summary>
internal static class ActorBenchmarks
{
    public static async Task Run()
    {
        Console.WriteLine("actors");
        using var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
        await Measure.Rate("Tell flood, one sender, one receiver", 8_000_000, n => TellFlood(system, n));
        await Measure.Rate("ping-pong, one pair, 1 message in flight", 2_000_000, n => PingPong(system, n, 1));
        await Measure.Rate("ping-pong, one pair, 100 messages in flight", 6_000_000, n => PingPong(system, n, 100));
        await Measure.Rate("Ask, one at a time", 400_000, n => Asks(system, n, 1));
        await Measure.Rate("Ask, 64 outstanding", 800_000, n => Asks(system, n, 64));
        await Measure.Rate("actors created and stopped", 100_000, n => CreateAndStop(system, n));
        await BytesPerIdleActor(system);
        await system.Terminate();
    }

    private static async Task TellFlood(ActorSystem system, int messages)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var counter = system.ActorOf(Props.Create(() => new CountingActor(messages, done)));
        var message = new Item();
        for (var i = 0; i < messages; i++) counter.Tell(message, ActorRefs.NoSender);
        await done.Task;
        system.Stop(counter);
    }

    private static async Task PingPong(ActorSystem system, int messages, int inFlight)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pong = system.ActorOf(Props.Create(() => new EchoActor()));
        var ping = system.ActorOf(Props.Create(() => new PingActor(pong, messages / 2, inFlight, done)));
        ping.Tell(PingActor.Start.Instance, ActorRefs.NoSender);
        await done.Task;
        system.Stop(ping);
        system.Stop(pong);
    }

    private static async Task Asks(ActorSystem system, int asks, int outstanding)
    {
        var echo = system.ActorOf(Props.Create(() => new EchoActor()));
        var message = new Item();
        await Task.WhenAll(Enumerable.Range(0, outstanding).Select(_ => AskInTurn(echo, message, asks / outstanding)));
        system.Stop(echo);
    }

    private static async Task AskInTurn(IActorRef echo, Item message, int asks)
    {
        for (var i = 0; i < asks; i++) await echo.Ask<Item>(message, TimeSpan.FromSeconds(30));
    }

    private static async Task CreateAndStop(ActorSystem system, int actors)
    {
        var parent = system.ActorOf(Props.Create(() => new ParentActor()));
        await parent.Ask<Done>(actors, Timeout.InfiniteTimeSpan);
        system.Stop(parent);
    }

    private static async Task BytesPerIdleActor(ActorSystem system)
    {
        const int Actors = 50_000;
        var parent = system.ActorOf(Props.Create(() => new IdleParentActor()));
        await parent.Ask<Done>(1000, Timeout.InfiniteTimeSpan);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await parent.Ask<Done>(Actors, Timeout.InfiniteTimeSpan);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Measure.Print("an idle ReceiveActor with five handlers", (after - before) / (double)Actors, "bytes");
        system.Stop(parent);
    }
}
