using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

/// <summary>Removals that a put wakes, and one that it does not.</summary>
public class WakeCheckerTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(400);

    private readonly Findings _findings = new();

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_removal_that_only_a_time_out_wakes_is_found_as_I4(bool woken, int found)
    {
        var system = ActorSystem.Create("wake", SimulatorConfig.None);
        var remover = system.ActorOf(Props.Create(() => new Remover(woken)));

        await new WakeChecker(system, _findings, Timeout / 2).CheckAsync("the removal", waiter => remover.Tell("remove", waiter), () =>
        {
            remover.Tell("put");
            return Task.CompletedTask;
        });

        Assert.Equal(found, _findings.All.Count(finding => finding.Invariant == "I4" && finding.What.Contains("a time-out woke it")));
        await system.Terminate();
    }

    [Fact]
    public async Task A_removal_that_does_not_wait_at_all_is_found_as_I4()
    {
        var system = ActorSystem.Create("wake", SimulatorConfig.None);
        await new WakeChecker(system, _findings, Timeout).CheckAsync(
            "the removal", waiter => waiter.Tell(Answer.Success), () => Task.CompletedTask);
        Assert.Equal("the removal did not wait for its last user", Assert.Single(_findings.All).What);
        await system.Terminate();
    }

    /// <summary>
    /// Waits for the last user of nothing in particular: as the kernel's, which a put does not wake (L1), or as it should.
    /// </summary>
    private sealed class Remover : ReceiveActor
    {
        public Remover(bool woken)
        {
            IActorRef waiting = ActorRefs.Nobody;
            Receive<string>(message =>
            {
                if (message == "remove")
                {
                    waiting = Sender;
                    Context.SetReceiveTimeout(Timeout);
                }
                else if (woken) waiting.Tell(Answer.Success);
            });
            Receive<ReceiveTimeout>(_ =>
            {
                Context.SetReceiveTimeout(null);
                waiting.Tell(Answer.Success);
            });
        }
    }
}
