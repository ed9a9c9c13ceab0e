using Akka.Actor;
using Iommu.Actors;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

/// <summary>Shared actors that hold something for one context while its user, or its work, keeps them, and some that do not.</summary>
public sealed class SharedHoldCheckerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ActorSystem _system = ActorSystem.Create("shared", SimulatorConfig.None);
    private readonly Findings _findings = new();

    private SharedHoldChecker Checker => new(_findings, Patience);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_held_across_a_wait_of_a_user_is_found_as_I9(bool holds)
    {
        var shared = _system.ActorOf(Props.Create(() => new Lock(holds)));
        await Checker.CheckWaitAsync("the unmap", () => shared.Ask<string>("first"), LetGo,
            [("a map", () => shared.Ask<string>("other"))]);
        Task LetGo()
        {
            shared.Tell("user");
            return Task.CompletedTask;
        }

        if (holds) Assert.Equal("a map of another context waits for the unmap, which only a user ends", Assert.Single(_findings.All).What);
        else Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task A_wait_that_is_none_checks_nothing_and_is_reported()
    {
        await Checker.CheckWaitAsync("the unmap", () => Task.CompletedTask, () => Task.CompletedTask, []);
        Assert.Contains("did not wait", Assert.Single(_findings.All).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(int.MaxValue, 1)]
    [InlineData(64, 0)]
    public async Task Unbounded_work_that_holds_up_another_is_found_as_I9(int slice, int found)
    {
        var shared = _system.ActorOf(Props.Create(() => new Worker(slice)));
        await Checker.CheckWorkAsync(
            _system, "the long array", answers => Begin(1000, answers), answer => answer is 1000, "one entry", answers => Begin(1, answers),
            () => shared.Tell("go on"));

        Task Begin(int amount, IActorRef answers)
        {
            shared.Tell(amount, answers);
            return Task.CompletedTask;
        }

        Assert.Equal(found, _findings.All.Count(violation => violation is { Invariant: "I9" }
            && violation.What == "one entry of another context was answered only after the long array"));
        Assert.Equal(found, _findings.All.Count);
    }

    /// <summary>The first who asks waits for a user; the next wait for the first, or do not.</summary>
    private sealed class Lock : ReceiveActor
    {
        public Lock(bool holds)
        {
            IActorRef? first = null;
            var waiting = new List<IActorRef>();
            Receive<string>(message => message == "first", _ => first = Sender);
            Receive<string>(message => message == "user", _ =>
            {
                foreach (var waiter in waiting.Prepend(first!)) waiter.Tell("done");
                first = null;
            });
            Receive<string>(_ =>
            {
                if (holds && first is not null) waiting.Add(Sender);
                else Sender.Tell("done");
            });
        }
    }

    /// <summary>Does what it is asked in slices, in turns, or each request to its end.</summary>
    private sealed class Worker : ReceiveActor
    {
        private readonly Queue<(int Asked, int Left, IActorRef Asker)> _work = new();

        public Worker(int slice)
        {
            Receive<int>(amount => _work.Enqueue((amount, amount, Sender)));
            Receive<string>(_ =>
            {
                while (_work.TryDequeue(out var next))
                {
                    if (next.Left > slice) _work.Enqueue((next.Asked, next.Left - slice, next.Asker));
                    else next.Asker.Tell(next.Asked);
                }
            });
        }
    }
}
