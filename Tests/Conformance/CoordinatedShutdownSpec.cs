using Akka.Actor;

namespace Iommu.Tests.Conformance;

public class CoordinatedShutdownSpec : Spec
{
    public CoordinatedShutdownSpec() : this("") { }

    protected CoordinatedShutdownSpec(string config) : base(config) { }

    [Fact]
    public void Phases_run_in_order_and_the_system_ends_last()
    {
        var ran = new List<string>();
        var shutdown = CoordinatedShutdown.Get(Sys);
        Add(shutdown, CoordinatedShutdown.PhaseBeforeActorSystemTerminate, ran);
        Add(shutdown, CoordinatedShutdown.PhaseServiceUnbind, ran);
        Add(shutdown, CoordinatedShutdown.PhaseBeforeServiceUnbind, ran);
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop, ran);

        Result(shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance));

        Assert.Equal(
            [
                CoordinatedShutdown.PhaseBeforeServiceUnbind, CoordinatedShutdown.PhaseServiceUnbind,
                CoordinatedShutdown.PhaseServiceStop, CoordinatedShutdown.PhaseBeforeActorSystemTerminate,
            ],
            ran);
        Assert.True(Sys.WhenTerminated.IsCompleted);
    }

    [Fact]
    public void Terminate_runs_the_phases_too()
    {
        var ran = new List<string>();
        Add(CoordinatedShutdown.Get(Sys), CoordinatedShutdown.PhaseServiceStop, ran);

        Shutdown();

        Assert.Equal([CoordinatedShutdown.PhaseServiceStop], ran);
        Assert.True(Sys.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_task_that_fails_does_not_keep_the_next_phase_from_running()
    {
        var ran = new List<string>();
        var shutdown = CoordinatedShutdown.Get(Sys);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "fails", () => Task.FromException<Akka.Done>(new Fault("planned")));
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop, ran);

        Shutdown();

        Assert.Equal([CoordinatedShutdown.PhaseServiceStop], ran);
    }

    [Fact]
    public void Actors_are_stopped_before_WhenTerminated_completes()
    {
        var stopped = new List<string>();
        Sys.ActorOf(Props.Create(() => new Noting(stopped)));

        Shutdown();

        Assert.Equal(["stopped"], stopped);
    }

    private static void Add(CoordinatedShutdown shutdown, string phase, List<string> ran) => shutdown.AddTask(phase, "note", () =>
    {
        ran.Add(phase);
        return Task.FromResult(Akka.Done.Instance);
    });

    private sealed class Noting(List<string> notes) : UntypedActor
    {
        protected override void OnReceive(object message) { }

        protected override void PostStop() => notes.Add("stopped");
    }
}
